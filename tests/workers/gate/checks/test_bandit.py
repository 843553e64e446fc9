"""bandit: what an attacker could use, in words; tests are left out, and no secret is shown."""

import json

import pytest

from adapters.sandbox import probe
from core.gate.checks import Finding, Measure, ModelRepo, Note
from core.gate.facts import CheckFacts
from core.gate.tools import Output
from core.policy import Policy
from core.ports.sandbox import Places
from sluss.on_a_folder.model_folder import read_folder
from sluss.templates.model_repository import Kind, write_repository
from tests.model_repos import REAL_WORLD, a_repo, real_world
from workers.gate.checks.bandit import bandit
from workers.gate.tool_reports import ToolReportError

WORD = "hunter" + "2"
BAD = f"""\
import pickle
import subprocess

password = "{WORD}"


def load(data, name):
    assert data
    subprocess.call(name, shell=True)
    subprocess.call(name + "x", shell=True)  # nosec B602 - the name is ours
    return pickle.loads(data)
"""
ISSUE = {
    "filename": "./src/train.py",
    "issue_severity": "MEDIUM",
    "issue_confidence": "HIGH",
    "issue_text": "Pickle can be unsafe.",
    "line_number": 3,
    "test_id": "B301",
    "more_info": "https://bandit.readthedocs.io/b301",
}


def said(*issues, errors=(), repo: ModelRepo | None = None):
    report = {"results": issues, "errors": errors, "metrics": {"_totals": {"loc": 12}}}
    output = Output(code=0, stdout=json.dumps(report).encode())
    assert bandit.full is not None
    return list(bandit.full.parse(output, repo or a_repo(), CheckFacts()))


def issue(**changes):
    return {**ISSUE, **changes}


async def run(repo: ModelRepo):
    assert bandit.full is not None
    seen = bandit.part(repo)
    command = bandit.full.command(seen, CheckFacts())
    output = await (await probe()).run(command, seen, Places())
    return output, list(bandit.full.parse(output, seen, CheckFacts()))


def findings(found) -> list[Finding]:
    return [each for each in found if isinstance(each, Finding)]


def test_an_issue_says_how_severe_it_is_and_what_to_do():
    [finding] = findings(said(issue()))
    assert finding.place() == "src/train.py:3"
    assert finding.wrong == "Pickle can be unsafe (severity medium, confidence high)"
    assert finding.mend == (
        "write it safely, as https://bandit.readthedocs.io/b301 says, or accept it with # nosec B301 and the reason"
    )
    assert (finding.rule, finding.is_advice) == ("B301", False)


def test_the_severe_come_first_and_the_low_are_advice():
    levels = ("LOW", "UNDEFINED", "HIGH", "MEDIUM")
    found = findings(said(*(issue(issue_severity=level) for level in levels)))
    assert [each.wrong.split("severity ")[1].split(",")[0] for each in found] == [
        "high",
        "medium",
        "low",
        "undefined",
    ]
    assert [each.is_advice for each in found] == [False, False, True, False]


def test_many_issues_are_counted():
    found = said(*(issue(line_number=line) for line in range(1, 71)))
    assert len(findings(found)) == 50
    assert Note("Not shown: 20 more.") in found


def test_a_file_that_cannot_be_read_is_told_and_a_notebook_is_noted():
    repo = a_repo(
        {"src/nb.py": "# Databricks notebook source\n%pip install x\n", "src/bad.py": "def f(:\n"}
    )
    reason = "syntax error while parsing AST from file"
    errors = [{"filename": f"./src/{name}.py", "reason": reason} for name in ("nb", "bad")]
    found = said(errors=errors, repo=repo)
    [finding] = findings(found)
    assert (finding.path, finding.is_advice) == ("src/bad.py", True)
    assert any(
        "src/nb.py has cells that are not Python" in each.text
        for each in found
        if isinstance(each, Note)
    )


@pytest.mark.parametrize("stdout", [b"", b"[]", b'{"results": []}', b"\xff", b"Traceback"])
def test_without_a_report_the_check_could_not_run(stdout):
    assert bandit.full is not None
    with pytest.raises(ToolReportError):
        list(bandit.full.parse(Output(code=2, stdout=stdout), a_repo(), CheckFacts()))


def test_without_python_nothing_runs():
    assert bandit.full is not None
    assert (
        bandit.full.command(bandit.part(ModelRepo(files={"README.md": b"#"})), CheckFacts()) is None
    )


async def test_bandit_finds_what_is_dangerous_in_the_sources_alone():
    changes = {
        "src/train.py": BAD,
        "src/test_it.py": "assert 1\n",
        "tests/test_model.py": "import pickle\nassert 1\n",
        ".bandit": "[bandit]\nskips: B602,B301\n",
        "pyproject.toml": "[tool.bandit]\nskips = ['B602']\n",
        "-r.py": "x = 1\n",
        "yaml.py": "raise SystemExit('the repository was run')\n",
    }
    output, found = await run(a_repo(changes))
    assert [
        (each.path, each.rule, each.line) for each in findings(found) if not each.is_advice
    ] == [
        ("src/train.py", "B602", 9),
        ("src/train.py", "B301", 11),
    ]
    assert {each.path for each in findings(found)} == {"src/train.py"}
    assert WORD.encode() not in output.stdout
    [lines] = [each for each in found if isinstance(each, Measure)]
    assert lines.name == "lines"
    assert lines.value > 10


async def test_what_init_makes_is_clean(tmp_path):
    """The other kinds pass the whole gate in tests/sluss/commands/test_init.py, as this one does."""
    write_repository(tmp_path / "model", Kind.SUPERVISED)
    _, found = await run(read_folder(tmp_path / "model", Policy()))
    assert findings(found) == []


@pytest.mark.parametrize("name", REAL_WORLD)
async def test_a_repository_of_real_world_shape_has_no_finding(name):
    _, found = await run(real_world(name))
    assert findings(found) == []
