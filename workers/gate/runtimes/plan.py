"""Composes the questions to uv: whether requirements fit the runtime, and ways out if not."""

from typing import Final

import msgspec

from core.gate.tools import CACHE, PYTHON, TOOL, ToolCommand
from workers.gate.requirements import AskedLibrary, WantedLibraries
from workers.gate.runtimes.clash import Clash
from workers.gate.runtimes.known import Chosen

PLAN: Final = "plan.json"
MODULE: Final = "workers.gate.runtimes.resolve"
# The driver stops uv this many seconds earlier, so that the answers so far are not lost.
GRACE_S: Final = 20.0
ARM: Final = "aarch64"
PLATFORMS: Final = {True: "aarch64-unknown-linux-gnu", False: "x86_64-unknown-linux-gnu"}


class LibraryQuestion(msgspec.Struct, frozen=True):
    """One call of uv; ``constraints`` are pins of the runtime, and limits that the model sets."""

    requirements: tuple[str, ...]
    constraints: tuple[str, ...]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Questions, each group asked until one is solved; ``ways_out`` only after a conflict.

    ``brought`` maps a library to the version that is already on the cluster.
    """

    python: str
    platform: str
    seconds: float
    brought: dict[str, str]
    fits: tuple[LibraryQuestion, ...]
    ways_out: tuple[LibraryQuestion, ...]


class UvAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """uv's answer; ``pins`` maps packages to versions, ``said`` says why there are none."""

    code: int
    said: str = ""
    pins: dict[str, str] = {}

    @property
    def is_solved(self) -> bool:
        return self.code == 0


class UvAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """All answers; they leave out the packages in ``missing``, which the index does not have."""

    fits: tuple[UvAnswer, ...]
    ways_out: tuple[UvAnswer, ...] = ()
    missing: tuple[str, ...] = ()


def plan(
    wanted: WantedLibraries, chosen: Chosen, found: list[Clash], core: tuple[str, ...]
) -> Plan:
    brought = chosen.runtime.sure
    bound = tuple(f"{name}=={version}" for name, version in brought.items())
    kept = tuple(f"{name}=={version}" for name, version in brought.items() if name in core)
    clashing = {clash.asked.name for clash in found if clash.is_sure}
    limits = tuple(
        f"{each.name}{each.specifier}"
        for each in used(wanted)
        if not each.is_firm and each.name not in clashing
    )
    asked = [each for each in used(wanted) if each.is_firm]
    fitting = tuple(_free(each) if each.name in clashing else each.line for each in asked)
    free = tuple(map(_free, asked))
    fits = (LibraryQuestion(fitting, (*bound, *limits)), LibraryQuestion(fitting, (*kept, *limits)))
    return Plan(
        python=chosen.runtime.python,
        platform=PLATFORMS[ARM in chosen.key.flags],
        seconds=0,
        brought=brought,
        fits=fits if asked else (),
        ways_out=(LibraryQuestion(free, bound), LibraryQuestion(free, kept)),
    )


def used(wanted: WantedLibraries) -> list[AskedLibrary]:
    return [each for each in wanted.libraries if each.origin.is_used]


def compose(asked: Plan, seconds: float) -> ToolCommand:
    """Compose the command that runs the driver, which prints ``UvAnswers``."""
    written = msgspec.json.encode(msgspec.structs.replace(asked, seconds=seconds))
    return ToolCommand(
        argv=(PYTHON, "-I", "-m", MODULE, f"{TOOL}/{PLAN}", CACHE),
        files={PLAN: written},
        has_network=True,
        seconds=seconds + GRACE_S,
    )


def _free(asked: AskedLibrary) -> str:
    extras = f"[{','.join(asked.extras)}]" if asked.extras else ""
    return f"{asked.name}{extras}"
