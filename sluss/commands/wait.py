"""``sluss wait``: let a script wait until a step of a release has ended; it reads only."""

import asyncio
import re
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from typing import Final

import msgspec

from core.errors import StoreUnavailableError, UnknownNameError
from core.release.model import JUDGED
from core.release.release import Release
from core.release.state import State, StepEnd, step_key, steps_of
from core.words import ReleaseId, Stage, Step
from sluss.home.settings import store_from_environment
from sluss.wiring.store import ledger_reader

LOOK_EVERY_S: Final = 2.0
COMMIT: Final = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
RELEASE: Final = re.compile(r"[A-Za-z0-9_.]+-\d{1,9}")
ENDED_BADLY: Final = frozenset(
    {State.BLOCKED, State.FAILED, State.REJECTED, State.STUCK, State.SUPERSEDED}
)

NOT_YET: Final = "There is no release of {name} yet."
MANY: Final = (
    "Commit {commit} has releases of several repositories ({releases}). Nothing was waited for; "
    "name the release."
)
SUCCEEDED: Final = "{release}: {step} has succeeded."
NEVER: Final = "{release} comes to no {step}: {why}"
GATE_ALONE: Final = "on the branch {branch} only the gate runs."
NO_TRAIN: Final = "a rule-based model is not trained."
DECIDED: Final = "{who} said no: {comment}"
VOID: Final = "its approval is void: {reason}"
TIME_IS_UP: Final = "{release}: {step} had no end within {minutes} minutes. Nothing was changed."


class WaitCode(IntEnum):
    """The exit codes of ``sluss wait``; 2 is that of every error."""

    SUCCEEDED = 0
    NEVER = 1
    TIME_IS_UP = 3


class WantedStep(msgspec.Struct, frozen=True, kw_only=True):
    """A step of the release of this name, an id or a commit."""

    name: str
    step: Step
    stage: Stage

    @property
    def words(self) -> str:
        return f"{self.step} {self.stage}" if self.step is Step.PROMOTE else str(self.step)


def wanted(name: str, step: str) -> WantedStep:
    """Raise UnknownNameError for what can be no release, and for a step that there is not."""
    known: dict[str, tuple[Step, Stage]] = {
        str(each): (each, Stage.TST) for each in Step if each is not Step.PROMOTE
    }
    known |= {f"{Step.PROMOTE} {stage}".casefold(): (Step.PROMOTE, stage) for stage in JUDGED}
    found = known.get(step.replace("/", " ").casefold())
    if found is None:
        near = [f"{Step.PROMOTE} {stage}" for stage in JUDGED] if Step.PROMOTE in step else known
        raise UnknownNameError("step", step, list(near))
    spelled = name.lower() if COMMIT.fullmatch(name.lower()) else name
    if not COMMIT.fullmatch(spelled) and not RELEASE.fullmatch(spelled):
        near = ["the id of a release, as loan_default-3", "a whole commit id"]
        raise UnknownNameError("release or commit", name, near)
    return WantedStep(name=spelled, step=found[0], stage=found[1])


def wait(home: Path, what: WantedStep, minutes: float, tell: Callable[[str], None]) -> WaitCode:
    """Tell each change of the release once, and return how the step has ended.

    Raise SettingsError where there is no ledger; one that does not answer is asked again.
    """
    return asyncio.run(_wait(store_from_environment(home), what, minutes, tell))


async def _wait(
    url: str, what: WantedStep, minutes: float, tell: Callable[[str], None]
) -> WaitCode:
    loop = asyncio.get_running_loop()
    end, told = loop.time() + minutes * 60, ""
    while True:
        code, line = await _looked(url, what)
        if line != told:
            tell(line)
            told = line
        if code is not None:
            return code
        left_s = end - loop.time()
        if left_s <= 0:
            tell(TIME_IS_UP.format(release=what.name, step=what.words, minutes=f"{minutes:g}"))
            return WaitCode.TIME_IS_UP
        await asyncio.sleep(min(LOOK_EVERY_S, left_s))


async def _looked(url: str, what: WantedStep) -> tuple[WaitCode | None, str]:
    """Open the ledger for each look: a script may wait for days, and holds no connection."""
    try:
        async with ledger_reader(url) as reader:
            if COMMIT.fullmatch(what.name):
                return _of_commit(what, await reader.releases_of(what.name))
            found = await reader.release(ReleaseId(what.name))
    except StoreUnavailableError as error:
        return None, str(error)
    return (None, NOT_YET.format(name=what.name)) if found is None else judged(found, what)


def _of_commit(what: WantedStep, found: list[Release]) -> tuple[WaitCode | None, str]:
    """Of several releases the newest counts, and one of the release branch before others."""
    if not found:
        return None, NOT_YET.format(name=f"commit {what.name}")
    if len({each.repository for each in found}) > 1:
        ids = ", ".join(sorted(each.id for each in found))
        return WaitCode.NEVER, MANY.format(commit=what.name, releases=ids)
    return judged(max(found, key=lambda each: (each.is_candidate, each.number)), what)


def judged(release: Release, what: WantedStep) -> tuple[WaitCode | None, str]:
    """Return how the step has ended, None while it has not, and where the release is in words."""
    if _has_succeeded(release, what):
        line = SUCCEEDED.format(release=release.id, step=what.words)
        return WaitCode.SUCCEEDED, line
    if why := _never(release, what):
        return WaitCode.NEVER, NEVER.format(release=release.id, step=what.words, why=why)
    return None, f"{release.id} is {_standing(release)}."


def _has_succeeded(release: Release, what: WantedStep) -> bool:
    if what.step is Step.PROMOTE:
        return what.stage in release.placed
    run = release.steps.get(step_key(what.step, what.stage))
    return run is not None and run.ended is StepEnd.DONE


def _never(release: Release, what: WantedStep) -> str:
    """Say why the step cannot succeed any more without somebody's doing; "" while it can."""
    if release.state in ENDED_BADLY:
        return f"it is {_standing(release)}. {release.reason}".strip()
    if release.state is State.CHECKED:
        return GATE_ALONE.format(branch=release.branch)
    if release.checked and what.step not in (*steps_of(release.model_type), Step.PROMOTE):
        return NO_TRAIN
    asked = release.promotion_to(what.stage) if what.step is Step.PROMOTE else None
    if asked is not None and asked.outcome == "rejected" and asked.decided_by is not None:
        return DECIDED.format(who=asked.decided_by.name, comment=asked.comment)
    return VOID.format(reason=asked.void_reason) if asked and asked.outcome == "void" else ""


def _standing(release: Release) -> str:
    on = f" ({release.stage})" if release.stage is not Stage.TST else ""
    return f"{release.state}{on}"
