"""What an index hands out may be hostile: building an environment of it runs none of it."""

import os
import sys
from pathlib import Path

import pytest

from adapters.local_runs import made
from adapters.local_runs.environments import Environments, Tools
from tests.adapters.local_runs.test_model_environments import INDEX_ENV
from tests.adapters.local_runs.wheels import a_wheel

PLANT = "open({mark!r}, 'w').write('it ran')\n"


@pytest.fixture
def mark(tmp_path):
    return tmp_path / "mark"


@pytest.fixture
def tools(tmp_path):
    return Tools(
        uv=str(Path(sys.executable).with_name("uv")),
        python=sys.executable,
        env={
            "PATH": os.defpath,
            "HOME": str(Path.home()),
            **INDEX_ENV,
            "UV_FIND_LINKS": str(tmp_path),
        },
    )


def hostile_files(mark):
    plant = PLANT.format(mark=str(mark)).encode()
    return {
        "evil.py": b"WELL = True\n",
        "evil.pth": b"import os; " + plant,
        "sitecustomize.py": plant,
        "usercustomize.py": plant,
        "compileall.py": plant,
        "other_python.py": b"print 'hello'\n",
    }


def test_nothing_of_a_wheel_runs_while_an_environment_is_built(tmp_path, tools, mark):
    a_wheel(tmp_path, "hostile", hostile_files(mark))
    environments = Environments(
        tmp_path / "built", tools, watcher=lambda _: "", sink=lambda _: None
    )

    python = environments.ensure(("hostile==1.0",), lambda _: None)

    site = next(python.parents[1].glob("lib/python*/site-packages"))
    assert (site / "evil.pth").is_file()
    assert list((site / "__pycache__").glob("evil.*.pyc"))  # nobody can compile it later
    assert not mark.exists()
    assert environments.find(("hostile==1.0",)) == python
    assert not mark.exists()


def test_nothing_of_a_wheel_runs_while_test_tools_are_fetched(tmp_path, tools, mark):
    a_wheel(tmp_path, "hostile", hostile_files(mark))
    environments = Environments(
        tmp_path / "built", tools, watcher=lambda _: "", sink=lambda _: None
    )

    folder = environments.ensure_folder(("hostile==1.0",), lambda _: None)

    assert list((folder / "__pycache__").glob("evil.*.pyc"))
    assert not mark.exists()


@pytest.mark.parametrize("version", ["1.0\n --no-index", "$HOME", "-r x"])
def test_what_a_package_says_of_itself_becomes_no_line_of_ours(tmp_path, version):
    """A wheel may hold the description of any package, and the version's requirements name it."""
    about = tmp_path / "lib" / "python3.11" / "site-packages" / "numpy-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: numpy\nVersion: {version}\n")

    lines = made.requirements_of(tmp_path / "bin" / "python", ("six==1.17.0 --hash=sha256:00",))

    assert not [line for line in lines if "numpy" in line]
    assert lines[0] == "six==1.17.0"
