"""The one way to write: load the stream, let the flow decide, commit; nobody else writes."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from weakref import WeakValueDictionary

import msgspec

from core import jobs
from core.authority.repeats import was_told
from core.checkpoint import WaitingRun
from core.command_line import CommandLine
from core.context import Context
from core.contributors import Contributors
from core.counting import COUNTED, CountContributors, Counted, Counting, state_of
from core.desk import Desk
from core.errors import KnownEventError, RefusedError, VersionConflictError
from core.events.base import Event
from core.events.outside import (
    BranchDeleted,
    BuildCompleted,
    CodePushed,
    PullRequestChanged,
    PullRequestCommented,
    PullRequestHinted,
    PushHinted,
    RegistryHinted,
    RunStateChanged,
)
from core.events.workers import RegistryObserved, StepFinished
from core.flow import Decision, decide
from core.origin import MAY_WRITE, EventOrigin, refuse_foreign
from core.platform import Platform, Repository
from core.policy import Policy
from core.ports import Ledger
from core.release.model import Model
from core.release.release import Release
from core.results import Checked
from core.words import PLATFORM, ReleaseId, Stage, Stream, stream_of

replace = msgspec.structs.replace
logger = logging.getLogger(__name__)

SLUSS = CommandLine()
LAST = 200  # events of a stream among which a refusal is looked for that was told before
OF_REPOSITORY = (  # where the host does not say which one, it belongs to none
    CodePushed
    | BranchDeleted
    | PushHinted
    | PullRequestChanged
    | PullRequestHinted
    | PullRequestCommented
    | BuildCompleted
    | RunStateChanged
)
ATTEMPTS = 50  # version conflicts in a row before we give the message back


class Handled(msgspec.Struct, frozen=True, kw_only=True):
    """What the flow decided. ``is_known``: the event was seen before, and nothing was decided."""

    decision: Decision = Decision()
    is_known: bool = False

    def raise_refusal(self) -> None:
        """Raise RefusedError when the flow refused the person."""
        refusal = self.decision.refusal
        if refusal is not None:
            raise RefusedError(refusal.reason, refusal.who_can)


class Handle:
    """Call it with an event and its origin.

    ``platform`` tells platform.yml and ``clock`` the time, as of now.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        platform: Callable[[], Platform],
        policy: Policy,
        clock: Callable[[], datetime],
        is_local: bool,
        sluss: CommandLine = SLUSS,
        find_contributors: CountContributors | None = None,
    ) -> None:
        self._ledger = ledger
        self._platform = platform
        self._policy = policy
        self._clock = clock
        self._is_local = is_local
        self._sluss = sluss
        self._counting = Counting(ledger, platform, find_contributors)
        self._turns: WeakValueDictionary[Stream, asyncio.Lock] = WeakValueDictionary()

    async def __call__(self, event: Event, origin: EventOrigin) -> Handled:
        """Raise ForeignEventError for an event that may not come from there."""
        refuse_foreign(event, origin)
        for _ in range(ATTEMPTS):
            try:
                return await self._once(event)
            except VersionConflictError:
                continue
        raise VersionConflictError

    @property
    def platform(self) -> Platform:
        return self._platform()

    async def model(self, stream: Stream) -> Model:
        """The newest state of a stream."""
        return await self._ledger.state(stream)

    async def release(self, release: ReleaseId) -> Release | None:
        """One release as a whole: the state has only a slim one when it is final."""
        return await self._ledger.release(stream_of(release), release)

    def context(
        self,
        claims: Mapping[str, Stream] | None = None,
        repository: Repository | None = None,
        desk: Desk | None = None,
    ) -> Context:
        """The world as it is now: the flow decides in it, and cards ask the evaluator in it."""
        return Context(
            now=self._clock(),
            policy=self._policy,
            claims=claims or {},
            repository=repository,
            is_local=self._is_local,
            sluss=self._sluss,
            desk=desk or Desk(),
        )

    async def context_of(self, release: ReleaseId) -> Context:
        """The world as it is now for somebody who looks at one release."""
        repository = self.platform.named(stream_of(release))
        return self.context(repository=repository, desk=await self._ledger.desk())

    async def contributors(self, release: Release, stage: Stage) -> Contributors:
        """Count who had a hand in a release, since what an approval has placed on the stage.

        Raise UnavailableError when a system that has to be asked does not answer.
        """
        model = await self.model(stream_of(release.id))
        context = await self.context_of(release.id)
        return await self._counting.of_release(model, release, stage, context)

    async def contributors_of_run(self, run: WaitingRun) -> Contributors:
        """Count who had a hand in what a pipeline brings, since what we approved there.

        Raise UnavailableError when a system that has to be asked does not answer.
        """
        return await self._counting.of_run(run, self.context(desk=await self._ledger.desk()))

    async def _once(self, event: Event) -> Handled:
        claims = await self._claims(event)
        stream, repository = await self._place(event, claims)
        counted = await self._counted(event, stream, repository)
        try:
            async with self._turn(stream):
                model = await self.model(stream)
                desk = await self._ledger.desk()
                if counted is not None and counted.state != state_of(event, model, desk):
                    raise VersionConflictError  # who had a hand in it is counted anew
                context = self.context(claims, repository, desk)
                if counted is not None:
                    context = replace(context, contributors=counted.contributors)
                decision = decide(model, event, context)
                if decision.refusal is not None and decision.refusal.is_repeat:
                    return Handled(is_known=True)
                if not await self._was_told(model, decision):
                    await self._commit(model, event, decision)
        except KnownEventError:
            return Handled(is_known=True)
        return Handled(decision=decision)

    async def _counted(
        self, event: Event, stream: Stream, repository: Repository | None
    ) -> Counted | None:
        """Count outside the stream's turn: asking other systems may take its time."""
        if not isinstance(event, COUNTED):
            return None
        model = await self.model(stream)
        context = self.context(repository=repository, desk=await self._ledger.desk())
        return await self._counting.before(event, model, context)

    async def _was_told(self, model: Model, decision: Decision) -> bool:
        """A refusal that is written already is counted in the log: pressing fills no ledger."""
        if decision.told is None:
            return False
        last = await self._ledger.load(model.stream, max(0, model.version - LAST))
        if not was_told(decision.told, [entry.event for entry in last]):
            return False
        logger.info("refused again", extra={"action": "decision_refused_again"})
        return True

    def _turn(self, stream: Stream) -> asyncio.Lock:
        """Events of one stream take turns: of two that decide at once, one decides in vain.

        Another process may still be first. A lock is forgotten when nobody holds or awaits it.
        """
        return self._turns.setdefault(stream, asyncio.Lock())

    async def _claims(self, event: Event) -> dict[str, Stream]:
        """Ask for the one claim that this event is about: there may be a thousand."""
        name = _model_name(event).casefold()
        owner = await self._ledger.owner(name) if name else None
        return {name: owner} if owner else {}

    async def _commit(self, model: Model, event: Event, decision: Decision) -> None:
        events = (event, *decision.events)
        after = model.version + len(events)
        wanted = (*decision.jobs, *_cards(decision, model.stream, after))
        await self._ledger.commit(model.stream, model.version, events, wanted)

    async def _place(
        self, event: Event, claims: dict[str, Stream]
    ) -> tuple[Stream, Repository | None]:
        """The stream that an event belongs to; what belongs to none goes to ``platform``.

        What a worker brings belongs to its release, also when platform.yml has its repository no
        longer: the release would wait for it for ever.
        """
        if event.is_for_desk:
            return PLATFORM, None
        if isinstance(event, OF_REPOSITORY):
            repository = self.platform.repository(event.repository)
            return (repository.name if repository else PLATFORM), repository
        if isinstance(event, RegistryHinted | RegistryObserved):
            return claims.get(event.model.casefold(), PLATFORM), None
        release = getattr(event, "release", None)
        stream = stream_of(ReleaseId(release)) if release else PLATFORM
        known = self.platform.named(stream)
        if known is None and type(event) in MAY_WRITE[EventOrigin.WORKER] and stream != PLATFORM:
            is_known = release in (await self.model(stream)).releases
            return (stream if is_known else PLATFORM), None
        return (known.name if known else PLATFORM), known


def _model_name(event: Event) -> str:
    """The name whose claim decides where the event belongs, or what follows from it."""
    match event:
        case RegistryHinted() | RegistryObserved():
            return event.model
        case StepFinished(result=Checked(model=name)):
            return name
    return ""


def _cards(decision: Decision, stream: Stream, version: int) -> list[jobs.ShowCard]:
    """One job per card and version: bursts coalesce, for a card shows the newest state."""
    return [
        jobs.ShowCard(
            id=f"card/{ref.card}/{ref.subject}/{version}",
            stream=stream,
            card=ref.card,
            subject=ref.subject,
        )
        for ref in dict.fromkeys(decision.cards)
    ]
