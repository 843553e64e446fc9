"""unit_tests: what the end of a test run means, by outputs that were made for it."""

import ast
import json

import msgspec
import pytest

from core.gate.check_rules import CheckRules, TestRules
from core.gate.checks import Finding, Measure, ModelRepo, Note
from core.gate.facts import CheckFacts
from core.gate.layout import Layout
from core.gate.tools import Output, Stopped
from tests.model_repos import a_repo
from workers.gate.checks.unit_tests import TestToolsError, unit_tests
from workers.gate.unit_testing.command import mark
from workers.gate.unit_testing.run_tests import NO_TOOLS

PASSED = (
    "<testcase classname='tests.test_model' name='test_it' file='tests/test_model.py' line='0'/>"
)
FAILED = """<testcase classname="tests.test_model" name="test_it" file="tests/test_model.py" line="0">
<failure message="{message}">tests/test_model.py:2: in test_it
    train(1, 2)
src/train.py:2: in train
    return 1
E   {message}</failure></testcase>"""
SKIPPED = "<testcase name='test_it'><skipped message='no spark'/></testcase>"
REPO = a_repo()


def junit(*cases: str, name: str = "", failures: int = 0) -> bytes:
    name = name or mark(REPO)
    return f"<testsuites><testsuite name='{name}' failures='{failures}'>{''.join(cases)}</testsuite></testsuites>".encode()


def facts(*, report: bytes | None = None, **rules) -> CheckFacts:
    return CheckFacts(rules=CheckRules(unit_tests=TestRules(**rules)), report=report)


def judge(output: Output, *, repo: ModelRepo = REPO, known: CheckFacts | None = None):
    assert unit_tests.full is not None
    return list(unit_tests.full.parse(output, repo, known or CheckFacts()))


def run(
    report: bytes | None,
    *,
    code: int = 0,
    progress: bytes = b"1\ntests/test_model.py::test_it\n",
    **more,
):
    files = {"progress.txt": progress, **({"junit.xml": report} if report is not None else {})}
    return Output(code=code, files={**files, **more.pop("files", {})}, **more)


def findings(found) -> list[Finding]:
    return [each for each in found if isinstance(each, Finding)]


def command(repo: ModelRepo = REPO, known: CheckFacts | None = None):
    assert unit_tests.full is not None
    made = unit_tests.full.command(repo, known or CheckFacts())
    assert made is not None
    return made


# The run.


def test_a_good_run_is_measured():
    found = judge(run(junit(PASSED)))
    assert findings(found) == []
    assert [(each.name, each.value) for each in found if isinstance(each, Measure)] == [
        ("tests", 1),
        ("failed", 0),
        ("skipped", 0),
    ]


def test_a_failure_is_where_the_repository_failed_last():
    [finding] = findings(judge(run(junit(FAILED.format(message="ValueError: x")), code=1)))
    assert finding.place() == "src/train.py:2"
    assert (
        finding.describe()
        == "test_it failed: ValueError: x: mend the code, or the test where it expects the wrong thing"
    )


@pytest.mark.parametrize(
    ("message", "mend"),
    [
        ("OSError: [Errno 101] Network is unreachable", "do without the network"),
        (
            "socket.gaierror: [Errno -3] Temporary failure in name resolution",
            "do without the network",
        ),
        ("OSError: [Errno 30] Read-only file system: '/x'", "write to pytest's tmp_path"),
        ("PermissionError: [Errno 13] Permission denied: '/x'", "stay within the repository"),
        ("OSError: [Errno 28] No space left on device", "write less"),
        ("BlockingIOError: [Errno 11] Resource temporarily unavailable", "start fewer processes"),
        ("MemoryError", "take less memory"),
        ("ModuleNotFoundError: No module named 'x'", "add the library to the environment file"),
    ],
)
def test_a_wall_of_the_sandbox_is_named(message, mend):
    [finding] = findings(judge(run(junit(FAILED.format(message=message)), code=1)))
    assert message in finding.wrong
    assert finding.mend.startswith(mend)


def test_many_failures_are_counted():
    found = judge(run(junit(*[FAILED.format(message="x")] * 70), code=1))
    assert len(findings(found)) == 50
    assert Note("Not shown: 20 more that failed.") in found


@pytest.mark.parametrize(
    ("output", "wrong"),
    [
        (run(junit(), code=5, progress=b"0\n"), "pytest finds no test there"),
        (run(junit(SKIPPED)), "all tests were skipped, 1 of 1: no spark"),
        (run(junit(PASSED, name="sluss-old")), "not of this run"),
        (run(b"<html/>"), "cannot be read: it begins with <html>"),
        (run(b"<!DOCTYPE a [<!ENTITY b 'c'>]><testsuite/>"), "document type"),
        (run(junit(PASSED, failures=3)), "it counts 3 failures and shows none"),
        (run(junit(PASSED), progress=b"4\n"), "4 tests found, and 1 ran"),
        (run(junit(PASSED), code=1), "none failed, and pytest ended with exit code 1"),
        (run(junit(PASSED), code=3), "none failed, and pytest ended with exit code 3"),
        (run(None), "ended by exit code 0 before it wrote its report; tests/test_model.py::test_it was running"),
        (run(None, code=-11), "ended by SIGSEGV before"),
        (run(None, code=137), "ended by SIGKILL before"),
        (run(None, code=1, progress=b""), "exit code 1 before it wrote its report; the tests were being loaded"),
        (run(None, code=4, stderr=b"ERROR: file not found: tests\n\n"), "could not start: file not found: tests"),
        (run(None, code=4), "could not start: it says nothing"),
        (run(None, stopped=Stopped.TIME, code=-9), "longer than 300 s; tests/test_model.py::test_it was running"),
        (run(None, stopped=Stopped.TIME, code=-9, progress=b"\xff\n\n"), "longer than 300 s"),
        (run(None, stopped=Stopped.PROCESSES, notes=("held more than 128 processes",)), "(held more than 128 processes)"),
        (run(None, stopped=Stopped.DISK), "filled the disk"),
        (run(None, stopped=Stopped.OUTPUT), "wrote more than the sandbox takes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_run_that_was_none_blocks(output, wrong):
    blocking = [each for each in findings(judge(output)) if not each.is_advice]
    assert any(wrong in each.wrong for each in blocking)
    assert all(each.path.startswith("tests") and each.mend for each in blocking)


def test_failures_and_a_good_end_disagree():
    told = findings(judge(run(junit(FAILED.format(message="x")), code=0)))
    assert [each.wrong for each in told][-1].endswith("1 failed, and pytest ended well")


def test_a_stopped_run_still_tells_what_failed_before():
    report = junit(FAILED.format(message="x"))
    told = findings(judge(run(report, stopped=Stopped.DISK, code=-9)))
    assert [each.rule for each in told] == ["sandbox", "failure"]


def test_what_the_sandbox_held_back_is_noted():
    assert Note("The sandbox: left processes running, which were ended: 2.") in judge(
        run(junit(PASSED), notes=("left processes running, which were ended: 2",))
    )


def test_an_attempt_is_told_beside_the_test_and_blocks_nobody():
    lines = b"tests/test_model.py::test_it\ttried to read /etc/passwd\n\ttried to reach x by the network\n"
    one, other = findings(judge(run(junit(PASSED), files={"attempts.txt": lines})))
    assert one.wrong == "tests/test_model.py::test_it tried to read /etc/passwd"
    assert other.wrong == "a file that was being loaded tried to reach x by the network"
    assert one.is_advice
    assert other.is_advice


def test_endless_attempts_are_cut_short():
    lines = b"t\tx\n" * 100_000
    assert len(findings(judge(run(junit(PASSED), files={"attempts.txt": lines})))) == 50


def test_broken_tools_of_ours_are_no_fault_of_the_tests():
    with pytest.raises(TestToolsError):
        judge(run(None, code=NO_TOOLS))


def test_the_mark_depends_on_every_file():
    other = a_repo({"data/loans.csv": "b\n"})
    assert "not of this run" in findings(judge(run(junit(PASSED)), repo=other))[0].wrong


# Coverage.


def covered(percent: float) -> bytes:
    files = {"src/a.py": 12.0, "src/b.py": 99.0}
    summary = {
        path: {"summary": {"percent_covered": each, "num_statements": 9}}
        for path, each in files.items()
    }
    return json.dumps({"totals": {"percent_covered": percent}, "files": summary}).encode()


def test_coverage_is_shown_and_counts_only_where_policy_says_so():
    output = run(junit(PASSED), files={"coverage.json": covered(79.96)})
    assert Measure("coverage", 79.9, "%") in judge(output)
    assert findings(judge(output)) == []
    [finding] = findings(judge(output, known=facts(min_coverage=80.0)))
    assert finding.wrong == "the tests reach 79.9 % of the code, and policy asks for 80 %"
    assert (finding.path, finding.mend) == (
        "src",
        "test what they reach least: src/a.py (12 %), src/b.py (99 %)",
    )


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b'{"totals": {"percent_covered": "x"}}', b"[" * 9_999,
        b'{"files": {"\xff": {}}}', b'{"x": ' + b"[" * 9_999,
    ],
    ids=range(6),
)  # fmt: skip
def test_coverage_that_is_unknown_is_no_coverage(data):
    output = run(junit(PASSED), files={"coverage.json": data})
    assert findings(judge(output)) == []
    assert "was not measured" in findings(judge(output, known=facts(min_coverage=1.0)))[0].wrong


# What runs.


def test_the_tests_run_in_the_models_environment_with_our_tools_at_the_end():
    made = command(known=facts(seconds=7.0, memory_mb=300))
    assert made.argv[0] == "{model_python}"
    assert "{test_tools}" in made.argv
    assert (made.runs_code, made.needs_environment, made.has_network) == (True, True, False)
    assert (made.seconds, made.memory_mb) == (7.0, 300)


def test_the_runner_is_python_that_old_environments_understand():
    [source] = command().files.values()
    assert ast.parse(source, feature_version=(3, 8)).body


def test_the_folder_may_be_spelled_otherwise_or_named_by_the_bank():
    repo = a_repo({"tests/test_model.py": None, "Checks/test_a.py": ""})
    assert "Checks" in command(repo, CheckFacts(layout=Layout(tests="checks"))).argv


def test_without_tests_nothing_runs_and_that_is_told():
    repo = a_repo({"tests/test_model.py": None})
    assert not command(repo).runs_code
    [finding] = findings(judge(Output(code=0), repo=repo))
    assert (finding.path, finding.wrong) == ("tests", "pytest finds no test there")


# The report of the repository's own pipeline.


PIPELINE = junit(PASSED, name="pytest")


def test_where_policy_accepts_it_the_pipelines_report_counts_and_nothing_runs():
    known = facts(report=PIPELINE, accept_report=True)
    made = command(known=known)
    assert not made.runs_code
    assert made.stdin == PIPELINE
    found = judge(Output(code=0, stdout=PIPELINE), known=known)
    assert findings(found) == []
    assert Measure("tests", 1) in found
    assert any("own pipeline counts" in each.text for each in found if isinstance(each, Note))


@pytest.mark.parametrize(
    "known",
    [
        facts(report=PIPELINE),
        facts(accept_report=True),
        facts(report=PIPELINE, accept_report=True, min_coverage=50.0),
    ],
    ids=["not accepted", "not there", "coverage is asked for"],
)
def test_otherwise_we_run_them(known):
    assert command(known=known).runs_code


@pytest.mark.parametrize(
    ("report", "wrong"),
    [
        (junit(FAILED.format(message="x"), name="pytest"), "test_it failed: x"),
        (junit(name="pytest"), "finds no test"),
        (junit(SKIPPED), "all tests were skipped, 1 of 1"),
        (junit(PASSED, failures=2), "counts 2 failures and shows none"),
        (b"", "cannot be read"),
        (b"<!DOCTYPE x><testsuite/>", "document type"),
    ],
)
def test_a_pipelines_report_that_is_not_good_blocks(report, wrong):
    known = facts(report=report, accept_report=True)
    assert any(
        wrong in each.wrong for each in findings(judge(Output(code=0, stdout=report), known=known))
    )


def test_a_report_of_another_tool_names_its_module():
    case = (
        "<testcase classname='tests.test_model.TestIt' name='a'><failure message='x'/></testcase>"
    )
    known = facts(report=junit(case), accept_report=True)
    [finding] = findings(judge(Output(code=0, stdout=junit(case)), known=known))
    assert finding.path == "tests/test_model.py"


def test_the_report_is_asked_for():
    assert msgspec.structs.replace(CheckFacts(), report=b"x").part(unit_tests.asks).report == b"x"


# Where no code of a repository may run.


@pytest.fixture
def beside_identity():
    """The facts of a worker that has an identity and can build no walls."""

    def made(**rules):
        return msgspec.structs.replace(facts(**rules), has_no_walls=True)

    return made


def test_beside_an_identity_no_test_runs_whatever_policy_accepts(beside_identity):
    assert not command(known=beside_identity()).runs_code
    assert not command(known=beside_identity(report=PIPELINE, min_coverage=50.0)).runs_code


def test_there_the_report_of_the_pipeline_counts(beside_identity):
    known = beside_identity(report=PIPELINE)
    found = judge(Output(code=0, stdout=PIPELINE), known=known)
    assert findings(found) == []
    assert any("beside the identity" in each.text for each in found if isinstance(each, Note))


def test_without_a_report_the_finding_names_the_template_to_add(beside_identity):
    known = beside_identity(report_wait_s=600.0)
    [finding] = findings(judge(Output(code=0), known=known))
    assert "left no report within 10 minutes" in finding.wrong
    assert "template_ci_unit_tests.yml" in finding.mend


def test_a_coverage_that_nobody_can_measure_is_not_passed_over(beside_identity):
    known = beside_identity(report=PIPELINE, min_coverage=50.0)
    [finding] = findings(judge(Output(code=0, stdout=PIPELINE), known=known))
    assert "50 % coverage" in finding.wrong
    assert finding.mend.startswith("tell GBI")
