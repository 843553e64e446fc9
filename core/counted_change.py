"""What contributors are counted of: a commit of a repository, since something that was approved.

A release and a run of a pipeline are both such a change, and who decides about one may have had no
hand in it.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from core.checkpoint import WaitingRun
from core.contributors import Part
from core.desk import Desk
from core.people import folded
from core.release.model import Model
from core.release.release import Release
from core.words import Stage

Hands = Mapping[tuple[Part, str], str]  # what somebody did and under which name, to a commit of it

PROPOSE: Final = "`base {model} COMMIT REASON` proposes a commit to count from"
ELSEWHERE: Final = "decide it in Azure DevOps"


class CountedChange(msgspec.Struct, frozen=True, kw_only=True):
    """``bases`` are commits to count since; a further one only where the commit lies behind.

    ``model`` has what deliveries told of the repository, and ``told`` who else had a hand in the
    commit. ``way_out`` says what helps where they cannot be counted, to follow a semicolon.
    """

    repository: str
    commit: str
    bases: Iterable[str]
    model: Model
    told: Hands
    way_out: str


def release_change(model: Model, release: Release, stage: Stage) -> CountedChange:
    """What a release brings to a stage."""
    return CountedChange(
        repository=release.repository,
        commit=release.commit,
        bases=_bases(model, release, stage),
        model=model,
        told={(Part.PUSHER, folded(release.pusher)): release.commit},
        way_out=PROPOSE.format(model=model.name or model.stream),
    )


def run_change(run: WaitingRun, desk: Desk, model: Model) -> CountedChange:
    """What a run of a pipeline brings to an environment; who had it started is counted, too."""
    known = desk.approved.get(run.place, "")
    return CountedChange(
        repository=run.repository,
        commit=run.commit,
        bases=dict.fromkeys((known, "")),
        model=model,
        told={(Part.STARTER, folded(name)): run.commit for name in run.started_by or ("",)},
        way_out=ELSEWHERE,
    )


def _bases(model: Model, release: Release, stage: Stage) -> Iterator[str]:
    """Since when to count; each further one only when the release lies behind the one before.

    It does where a branch was set back, made again or overtaken. What it has to do with the stage
    then came since the base of when it was asked for before, or since an older placement.
    """
    yield model.bases.get(stage, "")
    for before in reversed(release.promotions.values()):
        if before.stage is stage and before.contributors:
            yield before.contributors.base
    placed = (each for each in model.live() if stage in each.placed)
    older = [each.commit for each in placed if each.number < release.number]
    yield from reversed(older)
    yield ""
