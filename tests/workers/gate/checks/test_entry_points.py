"""Entry points by their syntax tree: each way to write them is accepted, or told what to write."""

import json

import pytest

from core.gate.checks import Finding, ModelRepo
from core.gate.facts import CheckFacts
from core.gate.layout import Layout
from tests.model_repos import REAL_WORLD, SCORE, a_repo, real_world
from workers.gate.checks.entry_points import entry_points

TRAIN = "src/train.py"
AT_THE_TOP = "write def train(data, params): at the top of the file; it may call the rest"


def found(repo: ModelRepo, facts: CheckFacts | None = None) -> list[tuple[str, int, str]]:
    return [(each.path, each.line, each.wrong) for each in entry_points(repo, facts)]


def of_train(source: str | bytes, **others: str) -> list[tuple[str, int, str]]:
    files = {f"src/{name}.py": text for name, text in others.items()}
    return found(a_repo({TRAIN: source, **files}))


def test_a_good_repository_has_no_finding():
    assert found(a_repo()) == []


@pytest.mark.parametrize("name", REAL_WORLD)
def test_a_repository_of_real_world_shape_has_no_finding(name):
    assert found(real_world(name)) == []


@pytest.mark.parametrize(
    "source",
    [
        "def train(data, params):\n    return 1",
        "def train(tables, parameters, seed=7):\n    return 1",
        "def train(*args, **kwargs):\n    return 1",
        "def train(data, /, params, *, verbose=False):\n    return 1",
        "@cache\ndef train(data, params):\n    return 1",
        "train = lambda data, params: 1",
        "def fit(data, params):\n    return 1\ntrain = fit",
        "def fit(data, params):\n    return 1\ntrain: Callable = fit",
        "def train():\n    pass\ndef train(data, params):\n    return 1",
        "def train(data, params):\n    for row in data:\n        if row:\n            return row",
        "\ufeffdef train(data, params):\r\n    return '\\d'\r\n",
        "# -*- coding: latin-1 -*-\ndef train(data, params):\n    return 1",
    ],
)
def test_these_ways_to_write_it_are_accepted(source):
    assert of_train(source) == []


@pytest.mark.parametrize(
    "line",
    [
        "from model import train",
        "from model import fit as train",
        "from src.model import train",
        "from package.deep import train",
        "from hop import train",
    ],
)
def test_a_function_of_another_module_of_the_repository_is_accepted(line):
    model = "def fit(data, params):\n    return 1\ntrain = fit\n"
    repo = a_repo(
        {
            TRAIN: line,
            "src/model.py": model,
            "src/package/deep/__init__.py": model,
            "src/hop.py": "from model import train",
        }
    )
    assert found(repo) == []


@pytest.mark.parametrize(
    ("source", "line", "wrong"),
    [
        ("x = 1", 0, "does not define train()"),
        ("", 0, "does not define train()"),
        ("def Train(data, params):\n    return 1", 0, "does not define train()"),
        (
            "class Model:\n    def train(self, data, params):\n        return 1",
            2,
            "train() is a method of the class Model, not at the top of the file",
        ),
        (
            "def main():\n    def train(data, params):\n        return 1",
            2,
            "train() is inside the function main(), not at the top of the file",
        ),
        (
            "if True:\n    def train(data, params):\n        return 1",
            2,
            "train() is defined under a condition, not at the top of the file",
        ),
        (
            "try:\n    import a\nexcept ImportError:\n    def train(data, params):\n        return 1",
            4,
            "train() is defined under a condition, not at the top of the file",
        ),
        (
            "try:\n    from a import train\nexcept ImportError:\n    train = None",
            2,
            "train() is defined under a condition, not at the top of the file",
        ),
        (
            "train, other = make()",
            1,
            "train is assigned, and what it is shows only when the code runs",
        ),
        (
            "class M:\n    def fit(self, data, params):\n        return 1\ntrain = M().fit",
            4,
            "train is assigned, and what it is shows only when the code runs",
        ),
        ("class train:\n    pass", 1, "train is a class, not a function"),
        ("import train", 1, "train is a module, not a function"),
        ("from sklearn import train", 1, "train comes from a library"),
        (
            "import functools\ntrain = functools.partial(print, 1)",
            2,
            "train is assigned, and what it is shows only when the code runs",
        ),
        ("a = b\nb = a\ntrain = a", 0, "a is handed on through too many files"),
    ],
)
def test_these_are_told_to_define_it_at_the_top(source, line, wrong):
    assert list(entry_points(a_repo({TRAIN: source}))) == [Finding(TRAIN, AT_THE_TOP, wrong, line)]


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("async def train(data, params):\n    return 1", "is async, but is called without await"),
        ("def train():\n    return 1", "is called with 2 arguments, but takes 0"),
        ("def train(data):\n    return 1", "is called with 2 arguments, but takes 1"),
        ("def train(a, b, c):\n    return 1", "is called with 2 arguments, but needs 3"),
        ("train = lambda data: 1", "is called with 2 arguments, but takes 1"),
        (
            "def train(data, params, *, seed):\n    return 1",
            "needs the keyword seed, which it is not given",
        ),
        ("def train(data, params):\n    print(1)", "never returns the model"),
        ("def train(data, params):\n    return", "never returns the model"),
        (
            "def train(data, params):\n    def inner():\n        return 1\n    inner()",
            "never returns the model",
        ),
        ("def train(data, params):\n    yield 1", "yields, but is to return the model"),
    ],
)
def test_a_function_that_cannot_be_called_is_told_its_shape(source, wrong):
    [finding] = entry_points(a_repo({TRAIN: source}))
    assert finding == Finding(TRAIN, "write def train(data, params):", f"train() {wrong}", 1)


@pytest.mark.parametrize(
    "line", ["from churn import fit as train", "from churn.deep.er import fit as train"]
)
def test_a_package_of_the_repository_may_hand_on_by_relative_imports(line):
    files = {
        "src/churn/__init__.py": "from .pipeline import fit\n",
        "src/churn/deep/er.py": "from ..pipeline import fit\n",
        "src/churn/pipeline.py": "from churn.work import fit\n",
        "src/churn/work/__init__.py": "from ._fit import fit\n",
        "src/churn/work/_fit.py": "def fit(data, params):\n    return 1\n",
    }
    assert found(a_repo({TRAIN: line, **files})) == []


@pytest.mark.parametrize("line", ["from ...x import fit", "from .. import fit"])
def test_a_relative_import_out_of_its_package_is_told(line):
    repo = a_repo({TRAIN: "from churn import fit as train", "src/churn/__init__.py": line})
    [(path, _, wrong)] = found(repo)
    assert path == "src/churn/__init__.py"
    assert wrong.startswith("uses a relative import")


def test_a_module_that_lies_elsewhere_is_told_how_to_import_it():
    files = {"lib/loans/fit.py": "def fit(data, params):\n    return 1\n"}
    [finding] = entry_points(a_repo({TRAIN: "from loans.fit import fit as train", **files}))
    assert (
        finding.wrong == "train comes from loans.fit, which is found neither from here nor the root"
    )
    assert finding.mend == "write from lib.loans.fit import fit"


def test_a_function_in_the_module_beside_is_pointed_at():
    score = "def score(model, data, params):\n    return 1\n"
    beside = "def evaluate(model, data, params):\n    return {}\n"
    [finding] = entry_points(a_repo({"src/score.py": score, "src/metrics.py": beside}))
    assert finding.wrong == "does not define evaluate(), but metrics.py does"
    assert finding.mend == "write from metrics import evaluate"


def test_an_import_inside_a_package_is_told_what_to_write():
    [finding] = entry_points(a_repo({TRAIN: "from .model import fit as train"}))
    assert finding.mend == "write from model import fit"
    assert finding.wrong.startswith("uses a relative import")


def test_an_import_of_everything_is_told_what_to_write():
    [finding] = entry_points(a_repo({TRAIN: "import os\nfrom model import *"}))
    assert finding.line == 2
    assert finding.mend == "import it by its name, or define train(data, params)"


def test_a_wrong_function_is_told_where_it_is():
    told = of_train("from model import train", model="\ndef train(data):\n    return 1")
    assert told == [("src/model.py", 2, "train() is called with 2 arguments, but takes 1")]


def test_an_import_of_a_broken_module_is_told_there():
    told = of_train("from model import train", model="x = 1\ndef train(:\n")
    assert told == [("src/model.py", 2, "is not valid Python (invalid syntax)")]


def test_two_modules_that_import_from_each_other_end():
    [(_, _, wrong)] = of_train("from model import train", model="from train import train")
    assert wrong == "train is handed on through too many files"


@pytest.mark.parametrize(
    ("source", "line", "why"),
    [
        ("def train(data, params)\n    return 1", 1, "expected ':'"),
        ("x = 1\nif x:\nprint()", 3, "expected an indented block"),
        (b"x = 1\ny = '\0'\n", 2, "null byte"),
        ("[" * 10_000, 1, "too many nested parentheses"),
        ("x = " + "(" * 10_000 + ")" * 10_000, 1, "too many nested parentheses"),
        (b"x = 1\ny = '\xe9'", 2, "utf-8"),
        (b"# -*- coding: nonsense -*-\n", 0, "unknown encoding"),
        ("-" * 50_000 + "1", 0, "too deeply nested"),
    ],
    ids=[
        "syntax", "indentation", "null byte", "open brackets", "nested brackets", "not UTF-8",
        "no such encoding", "nested signs",
    ],
)  # fmt: skip
def test_what_is_no_python_is_told_with_its_line(source, line, why):
    [(path, at, wrong)] = of_train(source)
    assert (path, at) == (TRAIN, line)
    assert wrong.startswith("is not valid Python (")
    assert why in wrong


def test_a_missing_train_asks_whether_the_model_is_rulebased():
    [finding] = entry_points(a_repo({TRAIN: None}))
    assert finding.path == TRAIN
    assert finding.wrong == (
        "is missing although MODEL_TYPE is Supervised; is this model rulebased?"
    )
    assert "MODEL_TYPE: rulebased" in finding.mend


@pytest.mark.parametrize("written", ["rulebased", "RuleBased"])
def test_a_rulebased_model_needs_no_train(written):
    assert found(a_repo({TRAIN: None}, variables=f"MODEL_TYPE: {written}")) == []


def test_policy_says_which_kinds_of_model_are_trained():
    facts = CheckFacts(train_required=frozenset({"Unsupervised"}))
    assert found(a_repo({TRAIN: None}), facts) == []


def test_a_missing_score_names_both_functions():
    [finding] = entry_points(a_repo({"src/score.py": None}))
    assert finding.mend == (
        "add src/score.py with score(model, data, params) and evaluate(model, data, params)"
    )


def test_a_missing_evaluate_is_told():
    source = "def score(model, data, params):\n    return 1\n"
    assert found(a_repo({"src/score.py": source})) == [
        ("src/score.py", 0, "does not define evaluate()")
    ]


def test_a_file_that_lies_elsewhere_is_told_there():
    [finding] = entry_points(a_repo({TRAIN: None, "pipeline/Train.py": ""}))
    assert finding.path == "pipeline/Train.py"
    assert finding.mend == "move it to src/train.py, or set MODEL_SRC_PATH to its folder"


def test_a_link_in_the_place_of_the_file_is_told():
    [finding] = entry_points(a_repo({TRAIN: None}, links={TRAIN: "../elsewhere.py"}))
    assert (finding.path, finding.wrong) == (TRAIN, "is a link, which is not read")


def test_a_linked_folder_is_told_once_per_file():
    repo = a_repo({TRAIN: None, "src/score.py": None}, links={"src": "../shared"})
    assert {finding.path for finding in entry_points(repo)} == {"src"}


def test_a_notebook_of_databricks_is_told_to_become_a_module():
    told = of_train("# Databricks notebook source\ndef train(data, params):\n    return 1\n")
    assert told == [(TRAIN, 1, "is a Databricks notebook, whose cells would run at import")]


def test_a_byte_order_mark_hides_no_notebook():
    told = of_train(b"\xef\xbb\xbf# Databricks notebook source\r\ntrain = print\r\n")
    assert told == [(TRAIN, 1, "is a Databricks notebook, whose cells would run at import")]


def test_a_function_that_comes_from_a_notebook_is_told_there():
    model = "# Databricks notebook source\ndef train(data, params):\n    return 1\n"
    told = of_train("from model import train", model=model)
    assert told == [
        ("src/model.py", 1, "is a Databricks notebook, whose cells would run at import")
    ]


def test_a_notebook_in_another_folder_is_found():
    [finding] = entry_points(a_repo({TRAIN: None, "notebooks/Train.ipynb": "{}"}))
    assert finding.path == "notebooks/Train.ipynb"


def a_notebook(*sources: str) -> str:
    cells = [
        {"cell_type": "code", "source": source.splitlines(keepends=True)} for source in sources
    ]
    return json.dumps({"cells": [{"cell_type": "markdown", "source": "# hi"}, *cells]})


def test_a_jupyter_notebook_is_told_with_the_cell_of_the_function():
    notebook = a_notebook("import pandas", "x = 1\ndef train(data, params):\n    return 1")
    [finding] = entry_points(a_repo({TRAIN: None, "src/train.ipynb": notebook}))
    assert finding.path == "src/train.ipynb"
    assert finding.wrong == "is a notebook, which the pipeline does not run"
    assert finding.mend.endswith("(train is in cell 3)")


@pytest.mark.parametrize(
    "notebook", ["", "[]", '{"cells": 7}', '{"cells": [7, {}]}', "[" * 100_000]
)
def test_a_broken_notebook_is_told_all_the_same(notebook):
    [finding] = entry_points(a_repo({TRAIN: None, "src/train.ipynb": notebook}))
    assert finding.wrong == "is a notebook, which the pipeline does not run"


def test_the_sources_may_be_elsewhere():
    moved = {"src/train.py": None, "src/score.py": None, "code/Train.py": "train = lambda a, b: 1"}
    repo = a_repo({**moved, "code/score.py": SCORE}, variables="MODEL_SRC_PATH: code")
    assert found(repo) == []


def test_gbis_own_source_folder_counts_where_the_model_says_none():
    repo = a_repo({TRAIN: None, "app/train.py": "train = lambda a, b: 1", "app/score.py": SCORE})
    assert found(repo, CheckFacts(gbi={"MODEL_SRC_PATH": "app"})) == []


def test_a_bank_may_rename_files_and_functions():
    layout = Layout(train="fit.py", train_function="fit", score_function="run")
    source = SCORE.replace("def score", "def run")
    repo = a_repo({TRAIN: None, "src/fit.py": "fit = lambda a, b: 1", "src/score.py": source})
    assert found(repo, CheckFacts(layout=layout)) == []
