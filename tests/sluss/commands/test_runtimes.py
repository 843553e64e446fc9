"""``sluss runtimes``: list, show, and import from a cluster."""

import json
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from click.testing import Result
from typer.testing import CliRunner

from core.errors import SettingsError
from core.gate.runtimes import runtime_key
from sluss.commands.runtimes import runtimes
from sluss.home.runtime_files import home_runtimes
from workers.gate.runtimes.known import find, shipped

CLUSTER = [
    {"name": "numpy", "version": "1.26.4"},
    {"name": "Pandas", "version": "2.0.0"},
    {"name": "torch", "version": "2.6.0+cpu"},
    {"name": "python-apt", "version": "2.7.7ubuntu5"},
]


def run(*words: object) -> Result:
    return CliRunner().invoke(runtimes, [str(word) for word in words], env={"COLUMNS": "200"})


@pytest.fixture
def listed(tmp_path):
    file = tmp_path / "cluster.json"
    file.write_text(json.dumps(CLUSTER))
    return file


def test_what_ships_is_listed_and_shown(tmp_path):
    text = run("list", "--home", tmp_path).stdout
    assert "16.4.x-cpu-ml  3.12    3.5.2" in text
    assert "imported" not in text
    text = run("show", "15.4.x-photon-scala2.12", "--home", tmp_path).stdout
    assert ["mlflow-skinny", "2.11.4", "not", "certain"] in [
        line.split() for line in text.splitlines()
    ]


def test_an_import_counts_and_says_what_is_different(tmp_path, listed):
    done = run("import", "16.4.x-cpu-ml-scala2.12", listed, "--home", tmp_path)
    assert done.exit_code == 0
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["pandas", "1.5.3", "2.0.0"] in rows
    assert ["scipy", "1.13.1", "-"] in rows
    assert not any(row[:1] == ["numpy"] for row in rows)
    assert "Without a version that can be compared: 1 (python-apt)." in done.stdout
    found = find(runtime_key("16.4.x-cpu-ml-scala2.12"), home_runtimes(tmp_path))
    assert found.runtime.libraries == {"numpy": "1.26.4", "pandas": "2.0.0", "torch": "2.6.0"}
    assert (found.runtime.python, found.runtime.spark) == ("3.12", "3.5.2")
    assert "imported" in run("list", "--home", tmp_path).stdout


@pytest.mark.timeout(20)
def test_a_list_may_come_through_a_pipe_as_another_program_writes_it(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as aside:
        aside.submit(pipe.write_text, json.dumps(CLUSTER))
        done = run("import", "16.4.x", pipe, "--home", tmp_path)
    assert done.exit_code == 0
    (imported,) = home_runtimes(tmp_path).values()
    assert imported.libraries["pandas"] == "2.0.0"


def test_an_import_that_says_the_same_says_so(tmp_path):
    file = tmp_path / "constraints.txt"
    table = shipped("16.4.x").libraries
    file.write_text("".join(f"{name}=={version}\n" for name, version in table.items()))
    done = run("import", "16.4.x", file, "--home", tmp_path)
    assert "says the same of the libraries that it names" in done.stdout
    assert home_runtimes(tmp_path)["16.4.x"].doubtful == frozenset()


def test_a_runtime_that_does_not_ship_needs_its_python(tmp_path, listed):
    refused = run("import", "18.1.x-scala2.13", listed, "--home", tmp_path)
    assert refused.exit_code == 2
    assert "--python 3.12" in refused.output
    done = run("import", "18.1.x-scala2.13", listed, "--home", tmp_path, "--python", "3.13")
    assert "No table of it ships with Sluss." in done.stdout
    assert home_runtimes(tmp_path)["18.1.x"].python == "3.13"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "99.9.x"), "Nothing is known about 99.9.x"),
        (("show", "16.5.x"), "Did you mean"),
        (("show", "../x"), "is no runtime"),
        (("import", "../../x", "FILE"), "is no runtime"),
        (
            ("import", "16.4.x", "FILE", "--python", "latest"),
            "its Python is no version such as 3.12",
        ),
        (
            ("import", "16.4.x", "FILE", "--spark", "latest"),
            "its Spark is no version such as 3.5.2",
        ),
        (("import", "16.4.x", "EMPTY"), "does not list numpy"),
        (("import", "16.4.x", "LARGE"), "has more than 4,194,304 bytes"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_written(tmp_path, listed, words, said):
    (tmp_path / "empty").write_text("")
    (tmp_path / "large").write_text(" " * 5_000_000)
    files = {"FILE": listed, "EMPTY": tmp_path / "empty", "LARGE": tmp_path / "large"}
    refused = run(*(files.get(word, word) for word in words), "--home", tmp_path / "home")
    assert refused.exit_code == 2 or isinstance(refused.exception, SettingsError)
    assert said in f"{refused.output}{refused.exception}"
    assert home_runtimes(tmp_path / "home") == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "runtimes/16.4.x.json: Input data was truncated"),
        ('{"python": "3.12", "librarys": {}}', "runtimes/16.4.x.json"),
        ('{"python": "3.12", "libraries": {"Numpy": "1"}}', "'Numpy' '1' is no normalised name"),
    ],
)
def test_a_file_that_somebody_broke_stops_the_start(tmp_path, text, said):
    (tmp_path / "runtimes").mkdir()
    (tmp_path / "runtimes" / "16.4.x.json").write_text(text)
    with pytest.raises(SettingsError) as stopped:
        home_runtimes(tmp_path)
    assert said in str(stopped.value)
    assert "sluss runtimes import" in str(stopped.value)


def test_a_draft_that_a_crash_left_is_not_read(tmp_path):
    (tmp_path / "runtimes").mkdir()
    (tmp_path / "runtimes" / ".16.4.x.json.1").write_text("{")
    assert home_runtimes(tmp_path) == {}


def test_without_a_home_nothing_is_imported():
    assert home_runtimes(None) == {}
