"""Environment files of both kinds become the same sorted requirement lines, or a clear refusal."""

import pytest

from adapters.local_runs.requirements import EnvironmentFileError, installable, requirements
from core.errors import StepFailedError


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", ()),
        ("# nothing\n\n", ()),
        ("b==2\na>=1,<2  # why\n", ("a>=1,<2", "b==2")),
        ("a==1\r\na==1\r\n", ("a==1",)),
        ("a ; python_version < '3.12'\n", ('a ; python_version < "3.12"',)),
        ("a==1 \\\n    --hash=sha256:00\n", ("a==1 --hash=sha256:00",)),
        ("a[extra]==1", ("a[extra]==1",)),
    ],
)
def test_a_requirements_file_is_normalised(text: str, lines: tuple[str, ...]):
    assert requirements("requirements.txt", text) == lines


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\n-r more.txt\n", "requirements.txt:2 has the option -r"),
        ("--index-url=packages\n", "has the option --index-url"),
        ("a \\\n ==1\n-e .\n", "requirements.txt:3 has the option -e"),
        ("./wheels/a.whl\n", "installs from a folder or an address"),
        ("a-1.0-py3-none-any.whl\n", "installs from a folder or an address"),
        ("a.tar.gz ; python_version > '3'\n", "installs from a folder or an address"),
        ("a.ZIP==1\n", "installs from a folder or an address"),
        ("a @ https://packages.example/a.whl\n", "installs from packages.example, a host that the"),
        ("a @http:127.0.0.1:1/a.whl\n", "installs from a folder or an address"),
        ("a @ ${UV_INDEX_A_PASSWORD}\n", "has a variable"),
        ("a==1 --config-settings=x\n", "has an option behind the name"),
    ],
)
def test_a_requirements_file_names_packages_only(text: str, said: str):
    with pytest.raises(EnvironmentFileError, match="Nothing was run") as refused:
        requirements("requirements.txt", text)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ("numpy", "numpy"),
        ("NumPy=1.26", "numpy==1.26.*"),
        ("numpy=1.26.*", "numpy==1.26.*"),
        ("numpy=1.26*", "numpy==1.26.*"),
        ("numpy==1.26.4", "numpy==1.26.4"),
        ("numpy=1.26.4=py311h_0", "numpy==1.26.4"),
        ("numpy>=1.26,<2", "numpy>=1.26,<2"),
        ("numpy >=1.26, <2", "numpy>=1.26,<2"),
        ("numpy 1.26.*", "numpy==1.26.*"),
        ("conda-forge::numpy=2", "numpy==2.*"),
        ("pytorch=2.3", "torch==2.3.*"),
    ],
)
def test_a_conda_dependency_is_translated(entry: str, line: str):
    assert requirements("conda.yml", f"dependencies: ['{entry}']") == (line,)


def test_the_interpreter_is_left_out_and_the_pip_list_is_taken_over():
    text = (
        "dependencies:\n- python=3.11\n- pip=24\n- numpy=2.1\n- pip:\n  - a==1  # why\n  - b>=2\n"
    )
    assert requirements("conda.yml", text) == ("a==1", "b>=2", "numpy==2.1.*")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no list of dependencies"),
        ("name: a\n", "has no list of dependencies"),
        ("dependencies: a\n", "has no list of dependencies"),
        ("dependencies: [\n", "is not valid YAML"),
        ("a: &x [1]\ndependencies: *x\n", "uses a YAML alias"),
        ("dependencies:\n- r-base=4\n", "conda.yml:2 asks for r-base, which pip cannot provide"),
        ("dependencies:\n- openjdk\n", "asks for openjdk, which pip cannot provide"),
        ("dependencies:\n- a=1|2\n", "which pip cannot express"),
        ("dependencies:\n- a=one\n", "has the version '=one'"),
        ("dependencies:\n- 'a b c'\n", "has the version 'b c'"),
        ("dependencies:\n- '[a]'\n", "has '[a]'"),
        ("dependencies:\n- conda: [a]\n", "has an entry of another kind"),
        ("dependencies:\n- [a]\n", "has an entry of another kind"),
        ("dependencies:\n- pip: [-r more.txt]\n", "has the option -r"),
        ("dependencies:\n- pip: [{a: b}]\n", "has an entry of another kind"),
    ],
)
def test_what_conda_has_and_pip_has_not_is_refused(text: str, said: str):
    with pytest.raises(EnvironmentFileError, match="Nothing was run") as refused:
        requirements("conda.yml", text)
    assert said in str(refused.value)


WHEEL = "https://wheels.bank.example/six-1.16.0-py2.py3-none-any.whl"


def test_a_wheel_of_a_listed_host_is_installed_by_its_address():
    assert requirements("requirements.txt", f"six@{WHEEL}\n", ["wheels.bank.example"]) == (
        f"six @ {WHEEL}",
    )


@pytest.mark.parametrize(
    "line",
    [
        "six @http:127.0.0.1:1/x.whl",
        "six\n-i elsewhere",
        "-r /etc/x",
        "$HOME",
        f"six@{WHEEL}",
    ],
)
def test_what_a_run_asks_for_is_read_again_before_uv_gets_it(line: str):
    with pytest.raises(StepFailedError, match="Nothing was installed"):
        installable(["six==1", line])
    assert installable(["Six  ==1", "b[a] >=1,<2"]) == ["Six==1", "b[a]>=1,<2"]
