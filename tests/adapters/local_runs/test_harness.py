"""What the process in the environment makes of data, answers and failures; no server is needed."""

import runpy
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from adapters.local_runs.harness.answers import metrics_of, rows_of
from adapters.local_runs.harness.failures import StepFailureError, blaming
from adapters.local_runs.harness.tables import fingerprint, open_tables


def test_metrics_are_real_numbers_by_name():
    given = {"auc": 1, "loss": 0.5, "half": np.float32(0.5), "count": np.int64(3)}
    assert metrics_of(given) == {"auc": 1.0, "loss": 0.5, "half": 0.5, "count": 3.0}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "evaluate() returned nothing"),
        ("good", "evaluate() returned a str"),
        ([("auc", 1.0)], "evaluate() returned a list"),
        ({}, "evaluate() returned no metric"),
        ({1: 1.0}, "evaluate() returned the key 1"),
        ({" ": 1.0}, "evaluate() returned the key ' '"),
        ({"auc": None}, "evaluate() returned a NoneType for 'auc'"),
        ({"auc": "0.8"}, "evaluate() returned a str for 'auc'"),
        ({"auc": True}, "evaluate() returned a bool for 'auc'"),
        ({"auc": np.bool_(1)}, "evaluate() returned a bool for 'auc'"),
        ({"auc": 1j}, "evaluate() returned a complex for 'auc'"),
        ({"auc": Decimal(1)}, "evaluate() returned a Decimal for 'auc'"),
        ({"auc": np.array([0.8])}, "evaluate() returned a ndarray for 'auc'"),
        ({"auc": float("nan")}, "evaluate() returned nan for 'auc'"),
        ({"auc": -float("inf")}, "evaluate() returned -inf for 'auc'"),
    ],
)
def test_metrics_of_another_kind_are_refused(answer: object, said: str):
    with pytest.raises(StepFailureError) as refused:
        metrics_of(answer)
    assert str(refused.value).startswith(said)
    assert "Return" in str(refused.value) or "Use" in str(refused.value)


@pytest.mark.parametrize(
    "answer", [[1, 2], (x for x in (1, 2)), np.array([1, 2]), pd.DataFrame({"a": [1, 2]})]
)
def test_predictions_are_counted(answer: object):
    assert len(rows_of(answer)) == 2


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "returned nothing"),
        (0.5, "returned a float"),
        ("text", "returned a str"),
        ([], "returned 0 rows"),
        (pd.DataFrame({"a": []}), "returned 0 rows"),
    ],
)
def test_no_predictions_are_refused(answer: object, said: str):
    with pytest.raises(StepFailureError, match=said):
        rows_of(answer)


def source(name: str, file: str = "", table: str = "") -> dict[str, str]:
    return {"name": name, "file": file, "table": table}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "code"
    (root / "data").mkdir(parents=True)
    frame = pd.DataFrame({"a": [1, 2]})
    frame.to_csv(root / "data" / "a.CSV", index=False)
    frame.to_json(root / "data" / "a.json")
    frame.to_parquet(root / "data" / "a.parquet")
    (tmp_path / "outside.csv").write_text("a\n1\n")
    (root / "data" / "way_out.csv").symlink_to(tmp_path / "outside.csv")
    return root


@pytest.mark.parametrize("file", ["data/a.CSV", "data/a.json", "data/a.parquet", "./data/a.json"])
def test_a_table_is_read_by_its_ending(root: Path, file: str):
    table = open_tables(root, [], [source("rows", file)])["rows"]
    assert list(table.read()["a"]) == [1, 2]
    assert Path(table.location).is_file()


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("data/none.csv", "'rows' is absent: the repository has no file data/none.csv"),
        ("data", "'rows' is absent"),
        ("../outside.csv", "leaves the repository"),
        ("/etc/passwd", "leaves the repository"),
        ("data/../../outside.csv", "leaves the repository"),
        ("https://tables.example/a.csv", "leaves the repository"),
        ("..\\outside.csv", "leaves the repository"),
        ("data/way_out.csv", "leaves the repository"),
        ("linked/a.csv", "is a symbolic link"),
    ],
)
def test_a_table_outside_is_refused(root: Path, file: str, said: str):
    with pytest.raises(StepFailureError) as refused:
        open_tables(root, ["linked"], [source("rows", file)])
    assert said in str(refused.value)


def test_a_table_of_a_workspace_needs_a_file_too(root: Path):
    with pytest.raises(StepFailureError, match="give the table a file, too"):
        open_tables(root, [], [source("rows", table="risk.loans.rows")])


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "empty.csv", "is no good csv"),
        (b"{", "half.json", "is no good json"),
        (b"PAR1", "short.parquet", "is no good parquet"),
        (b"x", "book.xlsx", "open others by their location"),
    ],
)
def test_a_table_that_cannot_be_read_says_why(root: Path, content: bytes, name: str, said: str):
    (root / name).write_bytes(content)
    table = open_tables(root, [], [source("rows", name)])["rows"]
    with pytest.raises(StepFailureError, match="The table 'rows' cannot be read") as refused:
        table.read()
    assert said in str(refused.value)


def test_the_fingerprint_is_of_names_and_contents(root: Path):
    def taken(**files: str) -> str:
        return fingerprint(open_tables(root, [], [source(*pair) for pair in files.items()]))

    first = taken(a="data/a.json", b="data/a.CSV")
    assert taken(b="data/a.CSV", a="data/a.json") == first
    assert taken(a="data/a.CSV", b="data/a.json") != first
    assert taken(a="data/a.json") != first
    (root / "data" / "a.CSV").write_text("a\n1\n3\n")
    assert taken(a="data/a.json", b="data/a.CSV") != first


class _MuteError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("no column\nage."), "it raised ValueError: no column."),
        (KeyError(), "it raised KeyError."),
        (SystemExit(2), "it raised SystemExit: 2."),
        (KeyboardInterrupt(), "it raised KeyboardInterrupt."),
        (_MuteError(), "it raised _MuteError."),
        (ValueError("x" * 10_000), f"it raised ValueError: {'x' * 400}."),
    ],
)
def test_whatever_a_model_raises_is_one_line(
    tmp_path: Path, error: BaseException, said: str, capsys
):
    with pytest.raises(StepFailureError) as failed, blaming("it", tmp_path):
        raise error
    assert str(failed.value) == said
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\ndef f(:\n", "SyntaxError: invalid syntax (train.py, line 2) at src/train.py:2."),
        ("\n\n1 / 0\n", "ZeroDivisionError: division by zero at src/train.py:3."),
        ("import json\njson.loads('x')\n", "at src/train.py:2."),
        ("x = '\0'\n", "source code string cannot contain null bytes"),
        ("[" * 10_000, "Error: too many nested parentheses"),
    ],
)
def test_the_place_is_the_innermost_line_of_the_model(tmp_path: Path, text: str, said: str, capsys):
    path = tmp_path / "src" / "train.py"
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(StepFailureError) as failed, blaming("it", tmp_path):
        runpy.run_path(str(path))
    assert said in str(failed.value)
