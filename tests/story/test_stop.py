"""A container platform ends us: SIGTERM goes to every process, and what dies of it is no finding."""

import asyncio
import contextlib
import random
import signal

import psutil
import pytest

from core.events.derived import StepFailed
from core.events.workers import ChecksReported, StepFinished
from core.gate.checks import Status
from core.release.state import State
from core.results import Failed
from tests.story.conftest import running
from tests.story.onlooker import looking, rules
from tests.story.up import made_home, with_few_tools

pytestmark = [pytest.mark.story, pytest.mark.timeout(1500)]

WORK_S = 1.5
GRACE_S = 25  # platforms kill some 30 s after they said so
PATIENCE_S = 200
GATE = "run_tests.py"  # the gate's tool that runs the tests of the model
RUN = "sluss_harness"  # a run's own process


@pytest.fixture(scope="module")
def stopped_up(tmp_path_factory, environments):
    """A server for this file, whose gate runs the model's tests and no other tool."""
    home = made_home(tmp_path_factory.mktemp("stopped") / "home", environments)
    with running(with_few_tools(home)) as found:
        yield found


async def test_nothing_that_our_own_stop_ends_counts(stopped_up, tmp_path):
    repository = await rules(tmp_path / "loan_stopped", stopped_up.settings)
    slow_down(repository)
    await repository.commit("Take time")
    async with looking(stopped_up) as onlooker:
        release, _ = await repository.push()
        for what in GATE, RUN:
            await until_running(stopped_up, what)
            before = await results(onlooker)
            await stop_everything(stopped_up)
            assert await results(onlooker) == before
            await asyncio.to_thread(stopped_up.start)
        found = await onlooker.until(release, State.AWAITING_ACCEPTANCE)
        events = await onlooker.events("loan_stopped")

    assert [result.status for result in found.checked.checks if result.check == "unit_tests"] == [
        Status.PASSED
    ]
    assert not [event for event in events if isinstance(event, StepFailed)]
    assert {run.attempt for run in found.steps.values()} == {1}
    told = [event for event in events if isinstance(event, ChecksReported)]
    spoilt = [
        check for event in told for check in event.checks if check.status is Status.COULD_NOT_RUN
    ]
    assert spoilt == []


def slow_down(repository):
    """The tests of the model call it, and so does the run that scores."""
    repository.change("src/score.py", "def score(", "import time\n\n\ndef score(")
    text = (repository.folder / "src/score.py").read_text()
    head, found, body = text.partition('    """')
    assert found
    said, _, rest = body.partition('"""\n')
    repository.write("src/score.py", f'{head}    """{said}"""\n    time.sleep({WORK_S})\n{rest}')


async def results(onlooker):
    """What steps have brought, but for what was said quickly."""
    events = await onlooker.events("loan_stopped")
    finished = [event for event in events if isinstance(event, StepFinished)]
    assert not [event for event in finished if isinstance(event.result, Failed)]
    return [(event.step, event.attempt) for event in finished]


async def until_running(up, what):
    async with asyncio.timeout(PATIENCE_S):
        while not any(what in command(process) for process in everything(up)):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)


def everything(up):
    """Also what the supervisors of runs have started, which are nobody's children by then."""
    ours = [up.process, *up.process.children(recursive=True)]
    for found in psutil.process_iter():
        if found not in ours and str(up.home) in command(found) and "supervisor" in command(found):
            ours += [found, *found.children(recursive=True)]
    return ours


def command(process):
    with contextlib.suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


async def stop_everything(up):
    """In any order: nobody promises one."""
    ours = everything(up)
    random.shuffle(ours)
    for process in ours:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGTERM)
    await asyncio.to_thread(up.wait, GRACE_S)
