"""The folder contract: what must be there, near misses, links, and limits."""

import pytest

from core.gate.checks import ModelRepo
from core.gate.facts import CheckFacts
from core.gate.layout import Layout
from tests.model_repos import REAL_WORLD, a_repo, real_world
from workers.gate.checks.structure import structure


def found(repo: ModelRepo, facts: CheckFacts | None = None) -> list[tuple[str, str]]:
    return [(finding.path, finding.wrong) for finding in structure(repo, facts)]


def test_a_good_repository_has_no_finding():
    assert found(a_repo()) == []


@pytest.mark.parametrize("name", REAL_WORLD)
def test_a_repository_of_real_world_shape_has_no_finding(name):
    assert found(real_world(name)) == []


def test_names_compare_without_case():
    changes = {"README.md": None, "readme.MD": "#", "tests/test_model.py": None}
    assert found(a_repo({**changes, "Tests/Unit/Test_Model.py": ""})) == []


def test_conda_instead_of_pip_is_fine():
    assert found(a_repo({"requirements.txt": None, "conda.yml": ""})) == []


@pytest.mark.parametrize(
    ("changes", "path", "wrong"),
    [
        ({"README.md": None}, "README.md", "is missing"),
        ({"model_variables.yml": None}, "model_variables.yml", "is missing"),
        ({"requirements.txt": None}, "conda.yml", "is missing"),
        ({"tests/test_model.py": None}, "tests", "there are no tests (test_*.py) there"),
        (
            {"tests/test_model.py": None, "tests/conftest.py": ""},
            "tests",
            "there are no tests (test_*.py) there",
        ),
        (
            {"README.md": None, "readme.rst": ""},
            "readme.rst",
            "is not where README.md is looked for",
        ),
        (
            {"model_variables.yml": None, "model_variables.yaml": ""},
            "model_variables.yaml",
            "is not where model_variables.yml is looked for",
        ),
        (
            {"model_variables.yml": None, "config/Model_Variables.yml": ""},
            "config/Model_Variables.yml",
            "is not where model_variables.yml is looked for",
        ),
        (
            {"requirements.txt": None, "conda.yaml": ""},
            "conda.yaml",
            "is not where conda.yml is looked for",
        ),
        (
            {"requirements.txt": None, "environment.yml": ""},
            "environment.yml",
            "is not where conda.yml is looked for",
        ),
        (
            {"tests/test_model.py": None, "tests/testing.py": ""},
            "tests",
            "there are no tests (test_*.py) there",
        ),
    ],
)
def test_what_is_missing_or_near_is_told(changes, path, wrong):
    assert found(a_repo(changes)) == [(path, wrong)]


def test_everything_missing_is_told_at_once_and_each_says_what_to_do():
    findings = list(structure(ModelRepo(files={})))
    assert [finding.path for finding in findings] == [
        "README.md",
        "model_variables.yml",
        "conda.yml",
        "tests",
    ]
    assert all(finding.mend.startswith("add ") for finding in findings)


@pytest.mark.parametrize(
    ("path", "target", "wrong"),
    [
        ("data/passwords", "/etc/passwd", "is a link to an absolute path, out of the repository"),
        ("data/home", "~/.ssh", "is a link to an absolute path, out of the repository"),
        ("data/c", "C:\\secrets", "is a link to an absolute path, out of the repository"),
        ("data/up", "../../other", "is a link out of the repository"),
        ("up", "..", "is a link out of the repository"),
        ("data/win", "..\\..\\other", "is a link out of the repository"),
        ("sly", "src/../../x", "is a link out of the repository"),
        ("config", ".git/config", "is a link into git's own folder"),
        ("gone", "nowhere.txt", "is a link to nothing"),
    ],
)
def test_a_link_that_leaves_the_tree_is_refused(path, target, wrong):
    assert found(a_repo(links={path: target})) == [(path, wrong)]


@pytest.mark.parametrize(
    ("path", "target"), [("latest.csv", "data/loans.csv"), ("src/data", "../data"), ("a/b", "..")]
)
def test_a_link_inside_the_tree_is_fine(path, target):
    assert found(a_repo(links={path: target})) == []


@pytest.mark.parametrize(
    ("links", "wrong"),
    [
        ({"d/up": "../src", "x": "d/up/../../y"}, "is a link out of the repository"),
        ({"d/e/up": "../..", "x": "d/e/up/../etc"}, "is a link out of the repository"),
        ({"x": "y", "y": "/etc"}, "is a link to an absolute path, out of the repository"),
        ({"x": "y/config", "y": ".git"}, "is a link into git's own folder"),
        ({"x": "x"}, "is a link in a circle"),
        ({"x": "y", "y": "./x"}, "is a link in a circle"),
        ({"x": "y/gone.py", "y": "src"}, "is a link to nothing"),
    ],
)
def test_a_link_is_followed_through_other_links(links, wrong):
    assert ("x", wrong) in found(a_repo(links=links))


def test_a_file_behind_a_linked_folder_is_there():
    assert found(a_repo(links={"lib": "src", "x": "lib/train.py", "y": "d/../lib"})) == []


def test_a_long_chain_of_links_ends():
    links = {f"l{number}": f"l{number + 1}/../l{number + 1}" for number in range(50)}
    wrongs = {wrong for _, wrong in found(a_repo(links={**links, "l50": "src"}))}
    assert wrongs == {"is a link in a circle"}


def test_a_link_in_the_place_of_a_file_is_told():
    repo = a_repo({"README.md": None, "docs/index.md": "#"}, links={"README.md": "docs/index.md"})
    assert found(repo) == [("README.md", "is a link, which is not read")]


def test_two_names_that_differ_in_case_only_are_told():
    wrong = "differs from Data/loans.csv in case only"
    assert found(a_repo({"Data/loans.csv": "b\n"})) == [("data/loans.csv", wrong)]


def test_too_many_files_are_told():
    assert found(a_repo(), CheckFacts(max_files=3)) == [
        (".", "the repository has 8 files, more than 3")
    ]


def test_too_much_is_told_at_the_largest_file():
    [(path, wrong)] = found(a_repo({"data/loans.csv": b"0" * 2_000}), CheckFacts(max_bytes=1_500))
    assert path == "data/loans.csv"
    assert wrong.endswith("more than 1,500; this file is the largest")


def test_a_bank_may_rename_the_files():
    layout = Layout(readme="LIESMICH.md", pip="libraries.txt", tests="checks")
    changes = {"README.md": None, "LIESMICH.md": "", "requirements.txt": None, "libraries.txt": ""}
    repo = a_repo({**changes, "tests/test_model.py": None, "checks/test_a.py": ""})
    assert found(repo, CheckFacts(layout=layout)) == []
