"""Test runs in the sandbox: good ones, broken ones, and those that try to get out."""

import sys

import msgspec
import pytest

from core.gate.check_rules import CheckRules, TestRules
from core.gate.checks import Measure
from core.gate.facts import CheckFacts
from core.policy import Policy
from sluss.on_a_folder.model_folder import read_folder
from sluss.templates.model_repository import Kind, write_repository
from tests.model_repos import REAL_WORLD, a_repo, real_world
from tests.workers.gate.unit_testing.model_environment import findings, run

SHORT = CheckFacts(rules=CheckRules(unit_tests=TestRules(seconds=60.0, memory_mb=512)))


def with_test(text: str, **more: str):
    return a_repo({"tests/test_model.py": text, **more})


def test_good_tests_pass_and_are_measured(places):
    text = "from src.score import score\nfrom train import train\n\n\ndef test_both():\n    assert train(1, 2) == 1 and score(1, 2, 3) == []\n"
    settings = {"setup.cfg": "[tool:pytest]\naddopts = --cov=src --cov-report xml\n"}
    output, found = run(with_test(text, **settings), SHORT, places)
    assert findings(found) == []
    assert [each for each in found if isinstance(each, Measure)] == [
        Measure("tests", 1),
        Measure("failed", 0),
        Measure("skipped", 0),
        Measure("coverage", 83.3, "%"),
    ]
    assert set(output.files) == {"junit.xml", "coverage.json", "progress.txt", "attempts.txt"}


@pytest.fixture(scope="session")
def ours(places):
    """The places with our own interpreter, which has the libraries that models ask for."""
    return msgspec.structs.replace(places, model_python=sys.executable)


@pytest.mark.parametrize("name", REAL_WORLD)
def test_a_repository_of_real_world_shape_has_no_finding(name, places, ours):
    repo = real_world(name)
    needs_libraries = any(
        b"import sklearn" in data or b"from sklearn" in data for data in repo.files.values()
    )
    _, found = run(repo, CheckFacts(), ours if needs_libraries else places)
    assert findings(found) == []


def test_what_init_makes_passes_its_own_tests(ours, tmp_path):
    write_repository(tmp_path / "model", Kind.SUPERVISED)
    _, found = run(read_folder(tmp_path / "model", Policy()), CheckFacts(), ours)
    assert findings(found) == []
    assert Measure("coverage", 100.0, "%") in found


BROKEN = """\
import pytest
from train import train


def test_wrong():
    assert train(1, 2) == 2


def test_raises():
    train()


@pytest.fixture
def broken():
    raise ValueError("no data")


def test_setup(broken):
    pass


@pytest.mark.skip(reason="needs spark")
def test_later():
    pass
"""


def test_each_failed_test_is_told_with_its_line(places):
    _, found = run(with_test(BROKEN), SHORT, places)
    told = {each.wrong.partition(":")[0]: each for each in findings(found)}
    assert told["test_wrong failed"].wrong == "test_wrong failed: assert 1 == 2"
    assert told["test_wrong failed"].place() == "tests/test_model.py:6"
    assert "TypeError: train() missing 2 required" in told["test_raises failed"].wrong
    assert told["test_setup failed"].wrong == "test_setup failed: ValueError: no data"
    assert told["test_setup failed"].line == 15
    assert [each.value for each in found if isinstance(each, Measure)][:3] == [4, 3, 1]


WHOLE = {
    "a library that is not there": (
        {"tests/test_model.py": "import nonesuch\n"},
        "tests/test_model.py:1",
        "cannot be loaded: ModuleNotFoundError: No module named 'nonesuch'",
        "add the library to the environment file",
    ),
    "a broken conftest": (
        {"tests/conftest.py": "\nimport nonesuch\n"},
        "tests/conftest.py:2",
        "pytest could not start: ModuleNotFoundError: No module named 'nonesuch'",
        "add the library to the environment file",
    ),
    "an option without its plugin": (
        {"pytest.ini": "[pytest]\naddopts = --strange\n"},
        "tests",
        "pytest could not start: unrecognized arguments: --strange",
        "add the plugin of pytest",
    ),
    "no test": (
        {"tests/test_model.py": "x = 1\n"},
        "tests",
        "pytest finds no test there",
        "add test_model.py",
    ),
    "an end that hides the report": (
        {"tests/test_model.py": "import os\ndef test_it():\n    os._exit(0)\n"},
        "tests/test_model.py",
        "was ended by exit code 0 before it wrote its report; tests/test_model.py::test_it was running",
        "take out what ends the process",
    ),
    "an end before the others": (
        {
            "tests/test_model.py": "import pytest\ndef test_it():\n    pytest.exit('', returncode=0)\ndef test_b(): 1 / 0\n"
        },
        "tests",
        "the report and the end of the tests disagree: 2 tests found, and 1 ran",
        "take out what ends the process",
    ),
}


@pytest.mark.parametrize(("changes", "place", "wrong", "mend"), WHOLE.values(), ids=WHOLE)
def test_a_run_that_is_none_is_told(changes, place, wrong, mend, places):
    _, found = run(a_repo(changes), SHORT, places)
    [finding] = findings(found)
    assert finding.place() == place
    assert wrong in finding.wrong
    assert finding.mend.startswith(mend)
    assert not finding.is_advice


def test_an_old_report_in_the_repository_does_not_count(places):
    old = "<testsuite name='sluss-1'><testcase name='test_it'/></testsuite>"
    sly = """\
import gc, os, shutil


def test_it():
    for each in gc.get_objects():
        if type(each).__name__ == "LogXML":
            shutil.copy("junit.xml", each.logfile)
            os._exit(0)
"""
    _, found = run(with_test(sly, **{"junit.xml": old}), SHORT, places)
    assert "is not of this run" in findings(found)[0].wrong


SPY = """\
import contextlib, os, pathlib, socket


def test_all(tmp_path):
    with contextlib.suppress(OSError):
        open("/etc/passwd").read()
    with contextlib.suppress(OSError):
        pathlib.Path(f"/proc/{os.getppid()}/environ").read_bytes()
    with contextlib.suppress(OSError):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with contextlib.suppress(OSError):
        socket.getaddrinfo("example.org", 80)
    with contextlib.suppress(OSError):
        open("/usr/made_by_a_test", "w")
    with contextlib.suppress(OSError):
        os.kill(os.getppid(), 15)
    (tmp_path / "x").write_text("fine")
"""


def test_what_a_test_tries_beyond_its_folders_is_named_even_if_it_hides_it(places):
    _, found = run(with_test(SPY), SHORT, places)
    told = "\n".join(each.wrong for each in findings(found) if each.is_advice)
    for attempt in (
        "tried to read /etc/passwd",
        "/environ",
        "tried to reach 192.0.2.1 by the network",
        "tried to reach example.org by the network",
        "tried to write /usr/made_by_a_test",
        "tried to end a process that is not its own",
    ):
        assert attempt in told
    assert told.count("tests/test_model.py::test_all tried to") == told.count("\n") + 1
    assert "tmp" not in told


def test_what_stays_inside_is_no_attempt(places):
    text = """\
import socket, pathlib, subprocess, sys


def test_it(tmp_path):
    (tmp_path / "x").write_text("x")
    pathlib.Path("made.txt").write_text("x")
    socket.create_server(("127.0.0.1", 0)).close()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    child.kill()
    child.wait()
"""
    _, found = run(with_test(text), SHORT, places)
    assert findings(found) == []


def test_modules_of_the_model_named_as_our_tools_do_no_harm(places):
    names = ("coverage", "iniconfig", "pluggy")
    changes = {f"src/{name}.py": "raise SystemExit(0)\n" for name in names}
    _, found = run(a_repo(changes), SHORT, places)
    assert findings(found) == []


HOSTILE = {
    "fork without end": ("import os, time\ndef test_it():\n    while True:\n        os.fork() or time.sleep(60)\n", "more processes than they may"),
    "eat memory": ("def test_it():\n    eaten = [bytearray(20_000_000) for _ in range(500)]\n", "more memory than they may"),
    "fill the disk": ("def test_it(tmp_path):\n    for n in range(99):\n        (tmp_path / str(n)).write_bytes(b'x' * 20_000_000)\n", "filled the disk"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "wrong"), HOSTILE.values(), ids=HOSTILE)
def test_what_a_test_takes_too_much_of_is_named_with_the_test(text, wrong, places):
    _, found = run(with_test(text), SHORT, places)
    assert [
        each
        for each in findings(found)
        if wrong in each.wrong and "test_it was running" in each.wrong
    ]


def test_a_test_that_does_not_end_is_named(places):
    facts = CheckFacts(rules=CheckRules(unit_tests=TestRules(seconds=8.0)))
    _, found = run(with_test("import time\ndef test_it():\n    time.sleep(99)\n"), facts, places)
    [finding] = findings(found)
    assert "longer than 8 s" in finding.wrong
    assert "tests/test_model.py::test_it was running" in finding.wrong


def test_a_thread_left_behind_holds_nobody_up(places):
    text = "import threading, time\ndef test_it():\n    threading.Thread(target=time.sleep, args=(600,)).start()\n"
    output, found = run(with_test(text), SHORT, places)
    assert findings(found) == []
    assert output.code == 0
