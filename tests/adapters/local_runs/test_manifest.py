"""An environment that is not as it was built is found out, whoever has written to it, and how."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.local_runs import manifest
from adapters.local_runs.environments import Environments, Tools
from tests.adapters.local_runs.test_model_environments import INDEX_ENV

SITE = "lib/python3/site-packages"


@pytest.fixture
def built(tmp_path):
    folder = tmp_path / "environment"
    site = folder / SITE
    (site / "six" / "__pycache__").mkdir(parents=True)
    (site / "six" / "__init__.py").write_text("PY3 = True\n")
    (site / "six" / "__pycache__" / "six.cpython-311.pyc").write_bytes(b"compiled")
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(sys.executable)
    manifest.write(folder, manifest.manifest_of(folder))
    return folder


def overwrite_with_the_old_times(folder):
    """As well as it can be hidden: same size, same times."""
    path = folder / SITE / "six" / "__init__.py"
    about = path.stat()
    path.write_text("PY3 = Evil")
    path.write_text(path.read_text() + "\n")
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


def exchange(folder):
    path = folder / SITE / "six" / "__init__.py"
    other = path.with_name("new")
    other.write_text("PY3 = Evil\n")
    shutil.copystat(path, other)
    other.replace(path)


TAMPERED = {
    "a .pth": lambda folder: (folder / SITE / "evil.pth").write_text("import os"),
    "sitecustomize": lambda folder: (folder / SITE / "sitecustomize.py").write_text("x = 1"),
    "a compiled file": lambda folder: (
        folder / SITE / "six" / "__pycache__" / "six.cpython-311.pyc"
    ).write_bytes(b"compilee"),
    "the old times": overwrite_with_the_old_times,
    "another file": exchange,
    "gone": lambda folder: (folder / SITE / "six" / "__init__.py").unlink(),
    "another interpreter": lambda folder: (
        (folder / "bin" / "python").unlink(),
        (folder / "bin" / "python").symlink_to("/bin/sh"),
    ),
    "an empty folder": lambda folder: (folder / "sluss").mkdir(),
    "rights": lambda folder: (folder / SITE / "six" / "__init__.py").chmod(0o777),
    "no manifest": lambda folder: manifest.manifest_of(folder).unlink(),
    "a manifest that is no text": lambda folder: manifest.manifest_of(folder).write_bytes(
        b'{"entries": {"\xff": [1, "", [1, 1, 1, 1, 1]]}}'
    ),
    "half a manifest": lambda folder: manifest.manifest_of(folder).write_text("{"),
}


@pytest.mark.parametrize("tamper", TAMPERED.values(), ids=TAMPERED)
def test_what_was_changed_is_seen(built, tamper):
    assert manifest.changed(built) == ""
    tamper(built)
    assert manifest.changed(built) != ""


def test_a_copy_is_as_it_was_built_and_looked_through_once(tmp_path, built):
    copied = tmp_path / "copied"
    shutil.copytree(built, copied, symlinks=True)
    shutil.copy(manifest.manifest_of(built), manifest.manifest_of(copied))
    before = manifest.manifest_of(copied).read_bytes()
    assert manifest.changed(copied) == ""
    assert manifest.manifest_of(copied).read_bytes() != before
    assert manifest.changed(copied) == ""


def test_one_that_was_written_to_is_built_anew_and_that_is_logged(tmp_path):
    said = []
    uv = str(Path(sys.executable).with_name("uv"))
    tools = Tools(
        uv=uv,
        python=sys.executable,
        env={"PATH": os.defpath, "HOME": str(Path.home()), **INDEX_ENV},
    )
    environments = Environments(tmp_path, tools, watcher=lambda _: "", sink=said.append)
    first = environments.ensure_folder(("six==1.17.0",), said.append)
    (first / "six.py").write_text("raise OSError")
    assert environments.find_folder(("six==1.17.0",)) is None

    again = environments.ensure_folder(("six==1.17.0",), said.append)

    assert again == first
    assert b"six.py" in b"".join(
        part for part in said if isinstance(part, bytes) and b"[sluss]" in part
    )
    told = subprocess.run([sys.executable, "-c", "import six"], cwd=again, env={}, check=False)
    assert told.returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []
