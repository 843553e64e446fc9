"""``sluss wait`` waits until a step of a release has ended, tells each change once, and only reads."""

import asyncio
import os
import signal
import sqlite3
import sys
from asyncio.subprocess import PIPE
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from adapters.sql_store import SqlStore
from core.errors import SettingsError, UnknownNameError
from core.release.model import Model
from core.words import Stage, Step, Stream
from sluss.cli import app
from sluss.commands.wait import WaitCode, judged, wait, wanted
from tests.core.story import BROKEN, CHECKED, EVE, FAILED, RULEBASED, VOID, Story

ROOT = Path(__file__).parents[3]
# Where the tests run in the background, a shell may have them ignore Ctrl-C, and their children.
HEARS_CTRL_C = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("sluss", run_name="__main__", alter_sys=True)
"""
LOAN = Stream("loan")


def story() -> Story:
    return Story().push(1)


def asked(story: Story, step: str):
    return judged(story.release, wanted(story.release.id, step))


def commit(number: int) -> str:
    return f"{number:040x}"


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("SLUSS_HOME", str(tmp_path))
    return tmp_path


class Written:
    """The ledger of a home, to which a story is written as it goes on."""

    def __init__(self, home: Path) -> None:
        self.store = SqlStore(f"sqlite:///{home / 'store.db'}")
        self.written = 0

    async def write(self, story: Story, stream: Stream = LOAN) -> None:
        news = story.events[self.written :]
        await self.store.commit(stream, self.written, news, [])
        self.written = len(story.events)


@pytest.fixture
async def ledger(home):
    written = Written(home)
    yield written
    await written.store.close()


async def waiting(home: Path, name: str, step: str, minutes: float = 0):
    """The exit code, and what was told."""
    told: list[str] = []
    code = await asyncio.to_thread(wait, home, wanted(name, step), minutes, told.append)
    return code, told


SUCCEEDED = [
    ("check", lambda: story().finish(Step.CHECK, CHECKED)),
    ("check", lambda: Story().push(1, branch="try_it").finish(Step.CHECK, BROKEN)),
    ("train", lambda: story().to_acceptance()),
    ("evaluate", lambda: story().to_acceptance()),
    ("evaluate", lambda: story().to_acceptance().accept(yes=False, reason="no")),
    ("register", lambda: story().to_registered()),
    ("register", lambda: story().to_registered().request(Stage.QA).approve(EVE, yes=False)),
    ("promote QA", lambda: story().to_registered().promoted(Stage.QA)),
    ("promote/qa", lambda: story().to_registered().promoted(Stage.QA).promoted(Stage.PROD)),
    ("promote PROD", lambda: story().to_registered().promoted(Stage.QA).promoted(Stage.PROD)),
]


@pytest.mark.parametrize(("step", "told"), SUCCEEDED)
def test_a_step_that_has_succeeded_lets_the_script_go_on(step, told):
    code, line = asked(told(), step)
    assert code == WaitCode.SUCCEEDED == 0
    assert "has succeeded" in line


OPEN = [
    ("check", story, "loan-1 is checking."),
    ("train", lambda: story().finish(Step.CHECK, CHECKED), "loan-1 is training."),
    ("register", lambda: story().to_acceptance(), "loan-1 is awaiting acceptance."),
    ("promote QA", lambda: story().to_registered(), "loan-1 is registered."),
    ("promote QA", lambda: story().to_registered().request(Stage.QA), "awaiting approval (QA)"),
    ("promote QA", lambda: story().to_registered().request(Stage.QA).approve(EVE), "promoting (QA)"),
    ("promote PROD", lambda: story().to_registered().promoted(Stage.QA), "placed (QA)"),
    ("train", lambda: story().finish(Step.CHECK, CHECKED).finish(Step.TRAIN, FAILED).retry(), "training"),
]  # fmt: skip


@pytest.mark.parametrize(("step", "told", "says"), OPEN)
def test_what_has_not_ended_is_waited_for(step, told, says):
    code, line = asked(told(), step)
    assert code is None
    assert says in line


def promoting(stage: Stage = Stage.QA) -> Story:
    return story().to_registered().request(stage).approve(EVE)


NEVER = [
    ("check", lambda: story().finish(Step.CHECK, FAILED), "it is failed"),
    ("train", lambda: story().finish(Step.CHECK, BROKEN), "it is blocked"),
    ("check", lambda: story().finish(Step.CHECK, BROKEN), "it is blocked"),
    ("train", lambda: story().finish(Step.CHECK, CHECKED).finish(Step.TRAIN, FAILED), "ValueError"),
    ("register", lambda: story().to_acceptance().accept(yes=False, reason="too few"), "too few"),
    ("check", lambda: story().delete_branch(2), "it is superseded"),
    ("check", lambda: story().bury(), "it is stuck"),
    ("train", lambda: Story().push(1, branch="try_it").finish(Step.CHECK, CHECKED), "only the gate"),
    ("train", lambda: story().finish(Step.CHECK, RULEBASED), "rule-based model is not trained"),
    ("promote QA", lambda: story().to_registered().request(Stage.QA).approve(EVE, yes=False), "Eve said no"),
    ("promote QA", lambda: promoting().finish(Step.PROMOTE, FAILED, stage=Stage.QA), "it is failed"),
    ("promote QA", lambda: promoting().finish(Step.PROMOTE, VOID, stage=Stage.QA), "void"),
    ("promote PROD", lambda: promoting().finish(Step.PROMOTE, FAILED, stage=Stage.QA), "it is failed"),
]  # fmt: skip


@pytest.mark.parametrize(("step", "told", "says"), NEVER)
def test_what_has_failed_or_is_over_ends_the_script(step, told, says):
    code, line = asked(told(), step)
    assert code == WaitCode.NEVER == 1
    assert says in line


@pytest.mark.parametrize("step", ["", "deploy", "promote", "promote TST", "promote QA PROD"])
def test_a_step_that_there_is_not_is_named_with_those_that_there_are(step):
    with pytest.raises(UnknownNameError, match="no step called"):
        wanted("loan-1", step)


@pytest.mark.parametrize("name", ["", "loan", "abc1234", "a" * 41, "loan-", "../loan-1", "loan 1"])
def test_what_can_be_no_release_is_refused_at_once(name):
    with pytest.raises(UnknownNameError, match="no release or commit called"):
        wanted(name, "check")


async def test_a_release_is_named_by_its_id_or_by_its_commit(home, ledger):
    await ledger.write(story().finish(Step.CHECK, CHECKED))
    for name in ("loan-1", commit(1), commit(1).upper()):
        assert await waiting(home, name, "check") == (0, ["loan-1: check has succeeded."])


async def test_the_release_may_not_be_there_yet(home, ledger):
    await ledger.write(story())
    waits = asyncio.create_task(waiting(home, commit(2), "check", minutes=5))
    other = await waiting(home, commit(2), "check")
    assert other[0] == WaitCode.TIME_IS_UP == 3
    assert other[1] == [
        f"There is no release of commit {commit(2)} yet.",
        f"{commit(2)}: check had no end within 0 minutes. Nothing was changed.",
    ]
    told = story().push(2)
    await ledger.write(told)
    await ledger.write(told.finish(Step.CHECK, CHECKED))
    code, lines = await waits
    assert code == 0
    assert lines[-1] == "loan-2: check has succeeded."
    assert len(lines) == len(set(lines))


async def test_of_several_releases_of_a_commit_that_of_the_release_branch_counts(home, ledger):
    told = story().push(1, branch="try_it")
    assert [each.branch for each in told.model.releases.values()] == ["main", "try_it"]
    told.finish(Step.CHECK, CHECKED, release="loan-2").finish(Step.CHECK, FAILED, release="loan-1")
    await ledger.write(told)
    code, lines = await waiting(home, commit(1), "check")
    assert code == 1
    assert lines[0].startswith("loan-1 ")


async def test_a_commit_of_several_repositories_names_none(home, ledger):
    """A copy of a repository has the same commits, and another one's approval is not its own."""
    await ledger.write(story().finish(Step.CHECK, CHECKED))
    copy = Story()
    copy.model = Model(stream=Stream("copy"))
    push = story().events[0]
    copy.tell(msgspec.structs.replace(push, id="ado/r2/1", repository="r2"))
    other = Written(home)
    await other.write(copy, copy.model.stream)
    await other.store.close()
    code, lines = await waiting(home, commit(1), "check")
    assert code == 1
    assert "several repositories (copy-1, loan-1)" in lines[0]


async def test_a_store_that_does_not_answer_is_asked_again(home, ledger):
    await ledger.write(story().finish(Step.CHECK, CHECKED))
    with closing(sqlite3.connect(home / "store.db")) as store:
        store.execute("ALTER TABLE events RENAME COLUMN about TO away")
        store.commit()
    waits = asyncio.create_task(waiting(home, "loan-1", "check", minutes=5))
    code, lines = await waiting(home, "loan-1", "check")
    assert code == 3
    assert "does not answer" in lines[0]
    with closing(sqlite3.connect(home / "store.db")) as store:
        store.execute("ALTER TABLE events RENAME COLUMN away TO about")
        store.commit()
    assert (await waits)[0] == 0


async def test_without_a_ledger_nothing_is_made_and_nothing_waited_for(home):
    with pytest.raises(SettingsError, match="There is no ledger"):
        await waiting(home, "loan-1", "check", minutes=5)
    assert not list(home.iterdir())


async def test_it_only_reads(home, ledger):
    await ledger.write(story())
    before = (home / "store.db").read_bytes()
    await waiting(home, "loan-1", "check")
    assert (home / "store.db").read_bytes() == before


async def test_the_command_takes_the_step_in_one_word_or_two(home, ledger):
    await ledger.write(story().to_registered().promoted(Stage.QA))
    for words in (["promote", "QA"], ["promote QA"], ["promote/QA"]):
        done = await asyncio.to_thread(CliRunner().invoke, app, ["wait", "loan-1", *words])
        assert (done.exit_code, done.output) == (0, "loan-1: promote QA has succeeded.\n")
    never = ["wait", "loan-1", "promote", "PROD", "--for", "0"]
    assert (await asyncio.to_thread(CliRunner().invoke, app, never)).exit_code == 3


async def test_ctrl_c_ends_it_without_a_trace(home, ledger):
    await ledger.write(story())
    words = [sys.executable, "-c", HEARS_CTRL_C, "wait", "loan-1", "check"]
    process = await asyncio.create_subprocess_exec(
        *words, cwd=ROOT, stdout=PIPE, stderr=PIPE, env={**os.environ, "SLUSS_HOME": str(home)}
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"loan-1 is checking.\n"
    process.send_signal(signal.SIGINT)
    _, told = await process.communicate()
    assert process.returncode not in {0, 1, 3}
    assert b"Traceback" not in told
