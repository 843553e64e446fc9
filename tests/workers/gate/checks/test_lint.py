"""lint: pylint under GBI's settings; what counts, what is advice, and that nothing is ever run."""

import json

import pytest

from adapters.sandbox import probe
from core.gate.check_rules import CheckRules, LintProfile, LintRules
from core.gate.checks import Finding, Measure, ModelRepo, Note
from core.gate.facts import CheckFacts
from core.gate.tools import Output
from core.policy import Policy
from core.ports.sandbox import Places
from sluss.on_a_folder.model_folder import read_folder
from sluss.templates.model_repository import Kind, write_repository
from tests.model_repos import REAL_WORLD, a_repo, real_world
from workers.gate.checks.lint import lint
from workers.gate.tool_reports import ToolReportError

BAD = """\
import os


def train(data, params):
    Depth = undefined
    print("x")
    return 1
"""
MESSAGE = {
    "type": "warning",
    "symbol": "unused-import",
    "message": "Unused import os",
    "path": "src/train.py",
    "line": 1,
    "endLine": None,
}


def message(**changes):
    return {**MESSAGE, **changes}


def said(
    *messages, score: float = 9.0, repo: ModelRepo | None = None, facts: CheckFacts | None = None
):
    report = {"messages": list(messages), "statistics": {"score": score, "modulesLinted": 1}}
    output = Output(code=20, stdout=json.dumps(report).encode())
    assert lint.full is not None
    return list(
        lint.full.parse(output, repo or a_repo({"src/train.py": BAD}), facts or CheckFacts())
    )


def findings(found) -> list[Finding]:
    return [each for each in found if isinstance(each, Finding)]


def notes(found) -> str:
    return "\n".join(each.text for each in found if isinstance(each, Note))


def rules(profile: LintProfile, team: str = "*") -> CheckFacts:
    return CheckFacts(
        rules=CheckRules(lint=LintRules(profiles={"ours": profile}, teams={team: "ours"}))
    )


def command(repo: ModelRepo, facts: CheckFacts | None = None):
    assert lint.full is not None
    return lint.full.command(lint.part(repo), facts or CheckFacts())


async def run(repo: ModelRepo, *, is_quick: bool = False, facts: CheckFacts | None = None):
    tool = lint.quick if is_quick else lint.full
    seen, known = lint.part(repo), facts or CheckFacts()
    output = await (await probe()).run(tool.command(seen, known), seen, Places())
    return list(tool.parse(output, seen, known))


# What is said.


def test_a_message_is_advice_with_its_line_and_what_to_do():
    [finding] = findings(said(message()))
    assert finding.place() == "src/train.py:1"
    assert finding.describe() == "Unused import os: remove the import"
    assert (finding.rule, finding.is_advice) == ("unused-import", True)


def test_an_error_counts_and_comes_first():
    error = message(
        type="error", symbol="undefined-variable", message="Undefined variable 'x'", line=5
    )
    first, second = findings(said(message(), error))
    assert (first.rule, first.is_advice) == ("undefined-variable", False)
    assert second.is_advice


def test_a_message_without_words_of_ours_names_its_switch():
    [finding] = findings(said(message(symbol="no-else-return", type="refactor")))
    assert "# pylint: disable=no-else-return" in finding.mend


def test_the_score_is_a_measure_and_below_the_teams_it_counts():
    found = said(message(), message(line=2), score=4.256)
    assert Measure("score", 4.26, "of 10") in found
    [low] = [each for each in findings(found) if not each.is_advice]
    assert low.wrong == "pylint gives the code 4.26 of 10, and pep8 asks for 5"
    assert (low.path, low.mend) == (
        "src/train.py",
        "begin with this file, which has 2 of 2 messages",
    )


def test_a_team_has_its_own_profile():
    strict = rules(LintProfile(score=9.5), "Credit_Risk")
    assert "ours asks for 9.5" in findings(said(message(), score=9.4, facts=strict))[0].wrong
    others = rules(LintProfile(score=9.5), "somebody else")
    assert len(findings(said(message(), score=9.4, facts=others))) == 1


def test_many_messages_are_counted_by_kind():
    found = said(*(message(line=number) for number in range(1, 80)))
    assert len(findings(found)) == 50
    assert "Not shown: 29 more (unused-import 29)." in notes(found)


def test_a_text_of_the_code_is_never_repeated():
    text = "hunter" + "2-and-more"
    repo = a_repo({"src/train.py": f'def f(x):\n    return x == 1 or x == "{text}"\n'})
    quoting = message(symbol="consider-using-in", message=f"use x in (1, '{text}')", line=2)
    [finding] = findings(said(quoting, repo=repo))
    assert finding.wrong == "consider using in"


def test_a_function_that_the_pipeline_calls_is_used():
    handed_on = message(message="Unused fit imported from churn as train", line=4)
    elsewhere = message(message="Unused score imported from x", path="src/other.py")
    repo = a_repo({"src/other.py": ""})
    assert [each.path for each in findings(said(handed_on, elsewhere, repo=repo))] == [
        "src/other.py"
    ]


def test_a_file_on_which_pylint_fails_is_told_and_blocks_nobody():
    failed = message(type="fatal", symbol="astroid-error", message="Fatal error in /root/.cache/x")
    [finding] = findings(said(failed))
    assert finding.is_advice
    assert finding.wrong == "pylint failed on this file, so nothing is known about it"


def test_what_is_about_no_file_of_the_repository_is_left_out():
    assert findings(said(message(path="/tool/pylintrc"), message(path="tests/gone.py"))) == []


@pytest.mark.parametrize("stdout", [b"", b"usage: pylint", b"{}", b'{"messages": 3}', b"[" * 5_000])
def test_without_a_report_the_check_could_not_run(stdout):
    assert lint.full is not None
    with pytest.raises(ToolReportError):
        list(lint.full.parse(Output(code=32, stdout=stdout), a_repo(), CheckFacts()))


def test_what_a_repository_sets_is_told():
    ini = "[A]\ninit-hook=x\ndisable=fixme\n"
    text = notes(said(repo=a_repo({".pylintrc": ini})))
    assert ".pylintrc switches off: fixme." in text
    assert "Not taken over: init-hook." in text
    assert "could not be read" in notes(said(repo=a_repo({".pylintrc": "x"})))


# What runs.


def test_without_python_nothing_runs():
    assert command(ModelRepo(files={"README.md": b""})) is None


def test_only_files_that_can_be_judged_alone_are_linted():
    head = "# Databricks notebook source\n"
    changes = {
        "src/a.py": f"{head}# MAGIC %md hello\n",
        "src/b.py": f"{head}# MAGIC %run ./a\n",
        "src/c.py": f"{head}%pip install x\n",
        "src/d.ipynb": "{}",
    }
    repo = a_repo(changes)
    linted = json.loads(command(repo).stdin)
    assert [path for path in linted if path[6:] in {"a.py", "b.py", "c.py", "d.ipynb"}] == [
        "./src/a.py"
    ]
    assert "src/b.py, src/c.py, src/d.ipynb" in notes(said(repo=repo))


def test_gbi_has_the_last_word():
    repo = a_repo({".pylintrc": "[A]\nenable=import-error\ndisable=all\nmax-line-length=120\n"})
    made = command(repo, rules(LintProfile(enable=("bare-except",), line_length=90)))
    text = made.files["pylintrc"].decode()
    assert "max-line-length=120" in text
    assert "enable=import-error\n" in text
    assert [part.partition(",")[0] for part in made.argv[-2:]] == [
        "--enable=bare-except",
        "--disable=import-error",
    ]


async def test_pylint_says_what_is_wrong_where():
    found = await run(a_repo({"src/train.py": BAD, "src/broken.py": "def f(:\n"}))
    by_rule = {each.rule: each for each in findings(found)}
    assert by_rule["undefined-variable"].place() == "src/train.py:5"
    assert by_rule["syntax-error"].place() == "src/broken.py:1"
    assert {"unused-import", "unused-variable", "invalid-name"} <= set(by_rule)
    assert not {"import-error", "missing-module-docstring"} & set(by_rule)


async def test_the_preview_says_the_same_in_the_same_words():
    found = findings(
        await run(a_repo({"src/train.py": BAD, "src/broken.py": "def f(:\n"}), is_quick=True)
    )
    assert {each.rule for each in found} == {
        "undefined-variable", "syntax-error", "unused-import", "unused-variable", "invalid-name",
    }  # fmt: skip
    assert [each.path for each in found if not each.is_advice] == ["src/broken.py", "src/train.py"]


def hostile_repo() -> ModelRepo:
    """Modules named as those that pylint imports late, settings that run code, and sly names."""
    mark = "import os\nimport pathlib\npathlib.Path('ran').touch()\nprint('RAN')\n"
    names = (
        "multiprocessing",
        "isort",
        "json",
        "pathlib",
        "astroid",
        "pylint",
        "tomllib",
        "sitecustomize",
    )
    modules = {f"{folder}{name}.py": mark for name in names for folder in ("", "src/")}
    settings = "[MAIN]\ninit-hook=print('RAN')\nload-plugins=json\n"
    sly = {"--init-hook=print('RAN').py": "x = 1\n", "-E.py": "x = 1\n"}
    toml = "[lint]\nselect = []\n"
    return a_repo(
        {**modules, **sly, ".pylintrc": settings, "ruff.toml": toml, "src/ruff.toml": toml}
    )


@pytest.mark.parametrize("is_quick", [True, False], ids=["ruff", "pylint"])
async def test_nothing_of_the_repository_is_run(is_quick):
    repo = lint.part(hostile_repo())
    tool = lint.quick if is_quick else lint.full
    output = await (await probe()).run(tool.command(repo, CheckFacts()), repo, Places())
    assert b"RAN" not in output.stdout.replace(b"print('RAN')", b"")
    assert b"RAN" not in output.stderr
    assert findings(tool.parse(output, repo, CheckFacts()))


async def test_what_init_makes_is_clean(tmp_path):
    """The other kinds pass the whole gate in tests/sluss/commands/test_init.py, as this one does."""
    write_repository(tmp_path / "model", Kind.SUPERVISED)
    repo = read_folder(tmp_path / "model", Policy())
    found = await run(repo)
    assert findings(found) == []
    assert Measure("score", 10.0, "of 10") in found
    assert findings(await run(repo, is_quick=True)) == []


@pytest.mark.parametrize("name", REAL_WORLD)
async def test_real_world_repositories_get_advice_at_most(name):
    for is_quick in (True, False):
        found = findings(await run(real_world(name), is_quick=is_quick))
        assert [each for each in found if not each.is_advice] == []
