"""How values look on a page: times, numbers, tones; and the log of the step that matters now."""

import re
from datetime import UTC, datetime
from typing import Final

from markupsafe import Markup

from core.card import Tone
from core.errors import UnavailableError, UnknownNameError
from core.ports import Effects, Evidence, MLPlatform
from core.reading import WAS_ON, tone_of
from core.release.release import Release
from core.release.state import State, StepRun
from core.results import Failed, Promoted, Ran
from core.words import RunId

TAIL: Final = 40_000
ESCAPES: Final = re.compile(r"\x1b\[[0-9;]*m")  # colours for a terminal


def moment(time: datetime | None) -> Markup:
    """Write it with its day and its zone, for people and for machines."""
    if time is None:
        return Markup("-")
    shown = f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    at = shown.replace(" ", "T")
    return Markup('<time datetime="{at}Z">{shown} UTC</time>').format(at=at, shown=shown)


def number(value: float) -> str:
    return f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"  # noqa: PLR2004


def tone(state: str) -> str:
    """``placed PROD`` has the tone of ``placed``; what was on a stage is over."""
    if state.startswith(WAS_ON):
        return Tone.SUBTLE
    known = (each for each in State if state == each or state.startswith(f"{each} "))
    return next((tone_of(each) for each in known), Tone.ACCENT)


async def log_of(
    release: Release, effects: Effects, evidence: Evidence, platform: MLPlatform
) -> tuple[str, str]:
    """The newest step's title and the end of its log; live while it runs."""
    for run in reversed(release.steps.values()):
        text = await _log(release, run, effects, evidence, platform)
        if text:
            title = f"{run.step} on {run.stage}, attempt {run.attempt}"
            return title, ESCAPES.sub("", text[-TAIL:])
    return "", ""


async def _log(
    release: Release, run: StepRun, effects: Effects, evidence: Evidence, platform: MLPlatform
) -> str:
    try:
        if isinstance(run.result, Ran | Failed | Promoted) and run.result.log:
            return (await evidence.read(run.result.log)).decode(errors="replace")
        key = f"run/{release.id}/{run.step}/{run.stage}/{run.attempt}"
        started = await effects.find_effect(key)
        return (await platform.log(RunId(started))).decode(errors="replace") if started else ""
    except (UnknownNameError, UnavailableError) as error:
        return str(error)
