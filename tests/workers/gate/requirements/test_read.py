"""What a model asks for is read from every kind of file, with its line, and nothing is guessed."""

import pytest

from core.gate.checks import ModelRepo
from core.gate.facts import CheckFacts, NotCheckedError
from tests.model_repos import REAL_WORLD, a_repo, real_world
from workers.gate.requirements import WantedLibraries, read

INDEX = "--index-url"  # an option that takes an address

CONDA = "ENVIRONMENT_FILE: conda"


def wanted(repo: ModelRepo, python: str = "3.12") -> WantedLibraries:
    return read(repo, CheckFacts(), python)


def of(text: str | bytes, **files: str) -> WantedLibraries:
    others = {path.replace("__", "/"): body for path, body in files.items()}
    return wanted(a_repo({"requirements.txt": text, **others}))


def libraries(found: WantedLibraries) -> list[tuple[str, str]]:
    return [(f"{each.origin.path}:{each.origin.line}", each.describe()) for each in found.libraries]


def told(found: WantedLibraries) -> list[tuple[str, str]]:
    return [(finding.place(), finding.wrong) for finding in found.findings]


@pytest.mark.parametrize("name", REAL_WORLD)
def test_a_repository_of_real_world_shape_is_understood(name):
    assert told(wanted(real_world(name))) == []


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("Scikit_Learn", "scikit-learn"),
        ("numpy <2, >=1.26", "numpy>=1.26,<2"),
        ("pandas[parquet]==1.5.3 --hash=sha256:00", "pandas==1.5.3"),
        ("torch==2.6.0+cpu", "torch==2.6.0"),
        ("numpy ; python_version >= '3.12'", "numpy"),
        ("numpy ; sys_platform == 'linux'", "numpy"),
    ],
)
def test_a_line_asks_for_a_library(line, asked):
    found = of(f"# first\n{line}\n")
    assert libraries(found) == [("requirements.txt:2", asked)]
    assert told(found) == []


@pytest.mark.parametrize(
    "line",
    [
        "numpy ; python_version < '3.12'",
        "numpy ; sys_platform == 'win32'",
        "numpy ; extra == 'dev'",
        "--pre",
        "--only-binary=:all:",
        "# numpy",
    ],
)
def test_a_line_that_is_for_another_machine_asks_for_nothing(line):
    found = of(f"{line}\n")
    assert (libraries(found), told(found)) == ([], [])


def test_without_a_python_every_marker_is_true():
    repo = a_repo({"requirements.txt": "numpy ; python_version < '3.8'\n"})
    assert [each.name for each in wanted(repo, python="").libraries] == ["numpy"]


@pytest.mark.parametrize(
    ("line", "wrong", "mend"),
    [
        ("numpy=1.26", "has one equals sign, which pip does not read", "write numpy==1.26"),
        ("numpy 1.26", "is no requirement that pip can read", "write a name with a version"),
        ("((((", "is no requirement that pip can read", "write a name with a version"),
        (f"a;{'(' * 400}", "is no requirement that pip can read", "write a name with a version"),
        ("a ; os_name > 5", "is no requirement that pip can read", "write a name with a version"),
        (
            "a ; python_version in 'x' and sys_platform ~= '1'",
            "has a marker (behind the ;) that makes no sense",
            "mend or remove it",
        ),
        (f"a=={'9' * 5000}", "has a requirement of 5,003 characters", "write a name with a"),
        ("six @http:127.0.0.1:1/x.whl", "installs from a folder or an address", "name a package"),
        ("six@git+https://me:pw@a.example/s.git", "installs from a folder or an address", "name a"),
        (
            "git+https://host.example/a.git",
            "installs from a folder or an address",
            "name a package",
        ),
        ("./libs/a", "installs from a folder or an address", "name a package and its version"),
        ("six @ ${UV_INDEX_BANK_PASSWORD}", "has a variable ($ or %), which an", "write what it"),
        (
            "six==1 --global-option=x",
            "has an option behind the name",
            "write a name with a version",
        ),
        ("-r gone.txt", "includes gone.txt, which is not there", "add gone.txt, or take the line"),
        ("-r ../x.txt", "includes a file outside of the repository", "keep it in the repository"),
    ],
)
def test_what_pip_could_not_read_blocks(line, wrong, mend):
    [finding] = of(f"pandas\n{line}\n").findings
    assert finding.place() == "requirements.txt:2"
    assert finding.wrong.startswith(wrong)
    assert finding.mend.startswith(mend)
    assert not finding.is_advice


SECRET = "ab12" * 4  # the same in every process: it is part of the tests' names


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (f"{INDEX} https://a:{SECRET}@packages.example/simple", "has the option --index-url"),
        (f"-r https://{SECRET}@host.example/a.txt", "has the option -r"),
        (f"-ihttps://a:{SECRET}@packages.example/simple", "has the option -i"),
        ("-e ./libs/a", "has the option -e"),
        ("-r notes.md", "has the option -r"),
    ],
)
def test_what_is_not_compared_is_said_and_stops_nobody(line, what):
    [finding] = of(f"pandas\n{line}\n").findings
    assert finding.wrong == f"{what}, which is not compared with the runtime"
    assert finding.is_advice
    assert SECRET not in finding.describe()


def test_included_files_are_followed_from_where_they_are_and_once():
    found = of(
        "pandas\n-r deps/base.txt\n",
        deps__base_txt="",
        **{"deps/base.txt": "numpy\n-r more.in\n-r ../requirements.txt\n", "deps/more.in": "six\n"},
    )
    assert libraries(found) == [
        ("requirements.txt:1", "pandas"),
        ("deps/base.txt:1", "numpy"),
        ("deps/more.in:1", "six"),
    ]


def test_a_constraint_limits_and_asks_for_nothing():
    found = of(
        "pandas\n-c limits.txt\n", **{"limits.txt": "numpy<2\n-r more.txt\n", "more.txt": "six<1\n"}
    )
    assert [(each.name, each.is_firm) for each in found.libraries] == [
        ("pandas", True),
        ("numpy", False),
        ("six", False),
    ]


def test_conda_is_read_with_what_pip_installs_into_it():
    text = "dependencies:\n- python=3.11\n- pip=24\n- cudatoolkit=11\n- numpy=1.26\n- pip: [-r requirements.txt]\n"
    found = wanted(
        a_repo({"conda.yml": text, "requirements.txt": "pandas==1.5.3\n"}, variables=CONDA)
    )
    assert libraries(found) == [
        ("conda.yml:5", "numpy==1.26.*"),
        ("requirements.txt:1", "pandas==1.5.3"),
    ]
    assert [each.describe() for each in found.python] == ["python==3.11.*"]
    assert told(found) == []


def test_a_conda_file_that_is_no_yaml_is_told():
    [(place, wrong)] = told(wanted(a_repo({"conda.yml": "dependencies: ["}, variables=CONDA)))
    assert place.startswith("conda.yml")
    assert wrong.startswith("is not valid YAML")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_files_as_windows_writes_them_are_read(encoding):
    assert libraries(of("numpy==1.26.4\r\nsix\r\n".encode(encoding))) == [
        ("requirements.txt:1", "numpy==1.26.4"),
        ("requirements.txt:2", "six"),
    ]


def test_too_much_is_told_and_read_no_further():
    [(_, wrong)] = told(of(b"#" * 600_000))
    assert wrong == "is 600,000 bytes long, more than 524,288"
    many = of("".join(f"a{n}\n" for n in range(3_000)))
    assert len(many.libraries) == 2_000
    assert told(many) == [("requirements.txt:2001", "asks for more than 2,000 packages")]


def test_files_that_include_others_without_end_are_left():
    chain = {f"r{n}.txt": f"a{n}\n-r r{n + 1}.txt\n" for n in range(50)}
    found = of("-r r0.txt\n", **chain)
    assert len(found.libraries) < 20
    assert told(found)[0][1] == "has the option -r, which is not compared with the runtime"


def test_without_an_environment_file_nothing_is_known():
    with pytest.raises(NotCheckedError, match=r"there is no conda\.yml"):
        wanted(ModelRepo(files={}))


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"requirements.txt": None, "conda.yml": "dependencies: [six]"}, "conda.yml"),
        ({"requirements.txt": None, "pyproject.toml": "[project]\n"}, "pyproject.toml"),
        ({"requirements.txt": None, "Requirements.TXT": "six"}, "Requirements.TXT"),
    ],
)
def test_the_file_that_is_there_is_read(changes, path):
    assert wanted(a_repo(changes)).path == path
