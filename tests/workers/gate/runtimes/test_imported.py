"""What a cluster says of its libraries is read strictly, and what is no list is refused."""

import json

import pytest

from core.gate.runtimes import Runtime
from workers.gate.runtimes.imported import UnreadableListError, problem, read_list

NUMPY = {"name": "numpy", "version": "1.26.4"}
PANDAS = {"name": "pandas", "version": "1.5.3"}


def pip_list(*more: object) -> str:
    return json.dumps([NUMPY, PANDAS, *more])


def test_a_list_of_pip_is_read():
    more = ({"name": "Scikit_Learn", "version": "1.4.2"}, {"name": "torch", "version": "2.6.0+cpu"})
    listed = read_list(pip_list(*more))
    assert listed.libraries == {
        "numpy": "1.26.4",
        "pandas": "1.5.3",
        "scikit-learn": "1.4.2",
        "torch": "2.6.0",
    }
    assert listed.left_out == ()


def test_what_has_no_version_to_compare_is_left_out_and_told():
    more = ({"name": "distro-info", "version": "1.1build1"}, {"name": "a b", "version": "1"})
    assert read_list(pip_list(*more)).left_out == ("distro-info", "a b")


def test_a_constraints_file_is_read():
    text = "# of a cluster\nnumpy==1.26.4\nPandas===1.5.3 ; python_version > '3'\nsix>=1\n-e .\nx @ file:///x\n"
    listed = read_list(text)
    assert listed.libraries == {"numpy": "1.26.4", "pandas": "1.5.3"}
    assert listed.left_out == ("six", "-e .", "x @ file:///x")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "does not list numpy"),
        ("numpy==1\n", "does not list pandas"),
        ("[", "pip list --format=json"),
        ("[" * 5_000, "pip list --format=json"),
        ('[{"name": 1, "version": "1"}]', "pip list --format=json"),
        ('{"numpy": "1.26.4"}', "does not list numpy"),
        (pip_list(*([NUMPY] * 5_000)), "5,002 packages, more than 5,000"),
        (pip_list({"name": "a", "version": "1" * 101}), "pip list --format=json"),
        ("numpy==" + "9" * 5_000, "does not list numpy"),
    ],
)
def test_what_is_no_list_of_a_cluster_is_refused(text, said):
    with pytest.raises(UnreadableListError, match="Nothing was imported") as refused:
        read_list(text)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("name", "changes", "wrong"),
    [
        ("16.4.x", {}, ""),
        ("16.4.x-scala2.12", {}, "its name is no name of a runtime"),
        ("16.4.x-photon", {}, "its name is no name of a runtime"),
        ("notes", {}, "its name is no name of a runtime"),
        ("16.4.x", {"python": "3"}, "its Python is no version"),
        ("16.4.x", {"spark": "three"}, "its Spark is no version"),
        (
            "16.4.x",
            {"libraries": {"Numpy": "1"}},
            "'Numpy' '1' is no normalised name with a version",
        ),
        ("16.4.x", {"libraries": {"numpy": "one"}}, "'numpy' 'one' is no normalised name"),
    ],
)
def test_a_runtime_that_somebody_wrote_is_looked_through(name, changes, wrong):
    fields = {"python": "3.12", "spark": "3.5.2", "libraries": {"numpy": "1.26.4"}, **changes}
    assert problem(name, Runtime(**fields)).startswith(wrong)
    assert bool(problem(name, Runtime(**fields))) is bool(wrong)
