"""Counts who had a hand in what a person decides about, before the stream's turn begins."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from core.authority.pipelines import deciders
from core.checkpoint import WaitingRun
from core.context import Context
from core.contributors import Contributors
from core.counted_change import CountedChange, release_change, run_change
from core.desk import Desk
from core.errors import StepFailedError, UnknownNameError
from core.events.base import Event
from core.events.people import ApprovalDecided, BaseDecided, PipelineDecided, StageRequested
from core.platform import Platform
from core.ports import Ledger
from core.release.model import Model
from core.release.release import Release
from core.words import PLATFORM, Stage

CountContributors = Callable[[CountedChange, Context], Awaitable[Contributors]]

COUNTED: Final = (StageRequested, ApprovalDecided, BaseDecided, PipelineDecided)
UNCOUNTED: Final = Contributors(
    problem="Nobody is told here who had a hand in it. Nothing was decided; mend the wiring."
)
NO_CODE: Final = Contributors(
    problem=(
        "The run is of no commit of a repository of Azure DevOps, so that nobody can say who had a "
        "hand in it. Nothing was decided; decide it in Azure DevOps."
    )
)
NOT_READ: Final = (
    "{error} So nobody can say who had a hand in it. Nothing was decided; mend that, or decide it "
    "in Azure DevOps."
)


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """The contributors, and the state that they were counted in: in another one they may differ."""

    contributors: Contributors
    state: Any


class Counting:
    """``find`` asks git, the reviews and the directory; without it nobody can be counted."""

    def __init__(
        self, ledger: Ledger, platform: Callable[[], Platform], find: CountContributors | None
    ) -> None:
        self._ledger = ledger
        self._platform = platform
        self._find = find

    async def before(self, event: Event, model: Model, context: Context) -> Counted | None:
        """Count for what the event decides about; None for one that needs nobody counted."""
        state = state_of(event, model, context.desk)
        match event:
            case PipelineDecided(checkpoint=name):
                found = context.desk.checkpoints.get(name)
                is_ruled = found is not None and bool(deciders(found, context.policy))
                counted = await self.of_run(found.run, context) if found and is_ruled else UNCOUNTED
                return Counted(contributors=counted, state=state)
            case StageRequested() | ApprovalDecided() | BaseDecided():
                release = model.releases.get(event.release)
                stage = _stage_of(event, release)
                if release is not None and stage is not None:
                    counted = await self.of_release(model, release, stage, context)
                    return Counted(contributors=counted, state=state)
        return None

    async def of_release(
        self, model: Model, release: Release, stage: Stage, context: Context
    ) -> Contributors:
        if self._find is None:
            return UNCOUNTED
        return await self._find(release_change(model, release, stage), context)

    async def of_run(self, run: WaitingRun, context: Context) -> Contributors:
        """Count also where the repository is in no platform.yml: then deliveries tell nothing."""
        if not run.repository or not run.commit:
            return NO_CODE
        if self._find is None:
            return UNCOUNTED
        known = self._platform().repository(run.repository)
        model = await self._ledger.state(known.name) if known else Model(stream=PLATFORM)
        try:
            return await self._find(run_change(run, context.desk, model), context)
        except (StepFailedError, UnknownNameError) as error:
            return Contributors(problem=NOT_READ.format(error=error))


def state_of(event: Event, model: Model, desk: Desk) -> Any:
    """What the counting of contributors for an event began with."""
    if not isinstance(event, PipelineDecided):
        return model.version
    found = desk.checkpoints.get(event.checkpoint)
    return found and (found.run, desk.approved.get(found.run.place), desk.mappings)


def _stage_of(
    event: StageRequested | ApprovalDecided | BaseDecided, release: Release | None
) -> Stage | None:
    if isinstance(event, BaseDecided):
        return Stage.PROD
    if isinstance(event, StageRequested):
        return event.stage
    promotion = release.promotions.get(event.approval) if release else None
    return promotion.stage if promotion else None
