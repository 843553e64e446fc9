"""pyproject.toml as PEP 621 and as Poetry write it."""

import pytest

from core.gate.facts import CheckFacts
from tests.model_repos import a_repo
from workers.gate.requirements import WantedLibraries, read
from workers.gate.requirements.pyproject import read_project

PEP_621 = """\
[project]
name = "model"
requires-python = ">=3.11"
dependencies = [
  "numpy>=1.26",
  "pandas",
]
"""


def poetry(line: str) -> list[tuple[str, int]]:
    project = read_project("pyproject.toml", f"[tool.poetry.dependencies]\n{line}\n")
    assert project.findings == ()
    return [(each.text, each.number) for each in project.libraries]


def wanted(**changes: str | None) -> WantedLibraries:
    files = {
        name.replace("_txt", ".txt").replace("_toml", ".toml"): text
        for name, text in changes.items()
    }
    return read(a_repo(files), CheckFacts(), "3.12")


def test_a_project_says_its_libraries_and_its_python_with_their_lines():
    project = read_project("pyproject.toml", PEP_621)
    assert [(each.text, each.number) for each in project.libraries] == [
        ("numpy>=1.26", 5),
        ("pandas", 6),
    ]
    assert [(each.text, each.number) for each in project.python] == [("python>=3.11", 3)]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('numpy = "^1.26"', "numpy>=1.26,<2"),
        ('numpy = "^0.2.3"', "numpy>=0.2.3,<0.3"),
        ('numpy = "^0.0.3"', "numpy>=0.0.3,<0.0.4"),
        ('numpy = "^0"', "numpy>=0,<1"),
        ('numpy = "~1.26.4"', "numpy>=1.26.4,<1.27"),
        ('numpy = "~1"', "numpy>=1,<2"),
        ('numpy = "1.26.4"', "numpy==1.26.4"),
        ('numpy = "1.26.*"', "numpy==1.26.*"),
        ('numpy = ">=1.26,<2"', "numpy>=1.26,<2"),
        ('numpy = "*"', "numpy"),
        ('"numpy" = {version = "^1.26", extras = ["a"]}', "numpy[a]>=1.26,<2"),
        ('numpy = {version = "1", markers = "os_name == \'nt\'"}', "numpy==1 ; os_name == 'nt'"),
    ],
)
def test_poetry_is_said_as_pip_would(line, text):
    assert poetry(line) == [(text, 2)]


def test_a_file_without_end_is_not_compared_and_said():
    lines = "".join(f'"a{number}",\n' for number in range(20_000))
    [finding] = read_project("p.toml", f"[project]\ndependencies = [\n{lines}]\n").findings
    assert finding.wrong.startswith("is longer than 65,536 characters")
    assert finding.is_advice


def test_the_line_is_that_of_the_dependency():
    text = '[project]\nkeywords = ["numpy"]\ndependencies = [\n  "six",\n  "numpy",\n]\n'
    assert [each.number for each in read_project("p.toml", text).libraries] == [4, 5]


def test_what_is_optional_for_poetry_is_not_asked_for():
    assert poetry('numpy = {version = "1", optional = true}') == []


@pytest.mark.parametrize(
    "value", ['{git = "https://host.example/a"}', '["1", "2"]', "1", "{path = '.'}"]
)
def test_what_cannot_be_compared_is_said_and_stops_nobody(value):
    [finding] = read_project("p.toml", f"[tool.poetry.dependencies]\nnumpy = {value}\n").findings
    assert finding.place() == "p.toml:2"
    assert finding.wrong == "numpy is asked for in a way that is not compared with the runtime"
    assert finding.is_advice


@pytest.mark.parametrize("text", ["[", "a = " + "[" * 5_000, "a = 1" + "0" * 5_000, "\x00"])
def test_a_file_that_is_no_toml_is_told(text):
    [finding] = read_project("p.toml", text).findings
    assert finding.wrong.startswith("is not valid TOML")


@pytest.mark.parametrize(
    "text",
    [
        "project = 1",
        "[project]\ndependencies = 1",
        "[project]\ndependencies = [1]",
        "[tool]\npoetry = []",
    ],
)
def test_keys_of_another_kind_ask_for_nothing(text):
    project = read_project("p.toml", text)
    assert (project.libraries, project.python) == ((), ())


def test_beside_an_environment_file_it_only_advises():
    found = wanted(pyproject_toml=PEP_621)
    firm = {
        each.name: each.is_firm
        for each in found.libraries
        if each.origin.path != "requirements.txt"
    }
    assert firm == {"numpy": False, "pandas": False}


@pytest.mark.parametrize("line", [".", "-e ."])
def test_it_counts_where_the_environment_file_installs_it(line):
    found = wanted(pyproject_toml=PEP_621, requirements_txt=f"{line}\n")
    assert [(each.name, each.is_firm) for each in found.libraries] == [
        ("numpy", True),
        ("pandas", True),
    ]
    assert [each.describe() for each in found.python] == ["python>=3.11"]


def test_it_counts_where_there_is_no_other():
    found = wanted(pyproject_toml=PEP_621, requirements_txt=None)
    assert all(each.is_firm for each in found.libraries)
