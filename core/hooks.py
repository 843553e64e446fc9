"""Which service hooks we want, and what ails those that are there."""

from collections.abc import Iterable
from typing import Final

import msgspec

from core.events.desk import HookTrouble
from core.ports.host_events import HostProject
from core.ports.subscriptions import Hook, HookState, Subscription
from core.words import HookCondition

PIPELINES: Final = "5.1-preview.1"  # the only version that their publisher has

WANTED: Final = (
    Hook(event="git.push", publisher="tfs", version="1.0"),
    Hook(event="git.pullrequest.created", publisher="tfs", version="1.0"),
    Hook(event="git.pullrequest.updated", publisher="tfs", version="1.0"),
    Hook(event="git.pullrequest.merged", publisher="tfs", version="1.0"),
    Hook(event="ms.vss-code.git-pullrequest-comment-event", publisher="tfs", version="2.0"),
    Hook(event="build.complete", publisher="tfs", version="2.0"),
    Hook(
        event="ms.vss-pipelines.run-state-changed-event", publisher="pipelines", version=PIPELINES
    ),
    Hook(
        event="ms.vss-pipelines.stage-state-changed-event", publisher="pipelines", version=PIPELINES
    ),
    Hook(
        event="ms.vss-pipelinechecks-events.approval-pending",
        publisher="pipelines",
        version=PIPELINES,
    ),
    Hook(
        event="ms.vss-pipelinechecks-events.approval-completed",
        publisher="pipelines",
        version=PIPELINES,
    ),
)


SAYS: Final = {
    HookCondition.WELL: "enabled",
    HookCondition.DOUBLED: "there more than once, so that every event comes as often",
    HookCondition.RESTRICTED: "restricted: deliveries failed, and events are lost meanwhile",
    HookCondition.DISABLED_BY_SYSTEM: "disabled by Azure DevOps: deliveries failed for too long",
    HookCondition.CREATOR_LEFT: "disabled by Azure DevOps: who made it has left or lost rights",
    HookCondition.DISABLED_BY_HAND: "disabled by hand",
    HookCondition.MISSING: "missing, or not shown to Sluss",
}

# Of several that deliver nothing, the first of these is told: what somebody did by hand stays.
_DEAD: Final = (
    (HookState.DISABLED_BY_HAND, HookCondition.DISABLED_BY_HAND),
    (HookState.CREATOR_LEFT, HookCondition.CREATOR_LEFT),
    (HookState.DISABLED_BY_SYSTEM, HookCondition.DISABLED_BY_SYSTEM),
)
_LIVE: Final = (HookState.ENABLED, HookState.RESTRICTED)


class HookLook(msgspec.Struct, frozen=True, kw_only=True):
    """One wanted hook of one project, and the subscriptions that are there for it."""

    project: HostProject
    hook: Hook
    fitting: tuple[Subscription, ...] = ()
    unfit: tuple[Subscription, ...] = ()

    @property
    def live(self) -> tuple[Subscription, ...]:
        """Those that deliver, or will when they are well again."""
        return tuple(each for each in self.fitting if each.state in _LIVE)

    @property
    def dead(self) -> tuple[Subscription, ...]:
        return tuple(each for each in self.fitting if each.state not in _LIVE)

    @property
    def condition(self) -> HookCondition:
        states = [each.state for each in self.fitting]
        if len(self.live) > 1:
            return HookCondition.DOUBLED
        if HookState.ENABLED in states:
            return HookCondition.WELL
        if HookState.RESTRICTED in states:
            return HookCondition.RESTRICTED
        found = (condition for state, condition in _DEAD if state in states)
        return next(found, HookCondition.MISSING)

    @property
    def surplus(self) -> tuple[Subscription, ...]:
        """What we made beside another that delivers; one that somebody made by hand is kept.

        Of ours one that delivers is kept, the first by its id: whoever else looks keeps the same.
        """
        live = sorted(self.live, key=lambda each: (each.state is not HookState.ENABLED, each.id))
        ours = [each for each in live if each.is_ours]
        is_told = any(each.state is HookState.ENABLED and not each.is_ours for each in live)
        return tuple(ours if is_told else ours[1:])


def compare(projects: Iterable[HostProject], here: Iterable[Subscription]) -> tuple[HookLook, ...]:
    """What is there of what is wanted, project by project."""
    by_place: dict[tuple[str, str], list[Subscription]] = {}
    for each in here:
        by_place.setdefault((each.project, each.event), []).append(each)
    return tuple(
        _look(project, hook, by_place.get((project.id, hook.event), []))
        for project in projects
        for hook in WANTED
    )


def _look(project: HostProject, hook: Hook, found: list[Subscription]) -> HookLook:
    return HookLook(
        project=project,
        hook=hook,
        fitting=tuple(each for each in found if not each.unfit),
        unfit=tuple(each for each in found if each.unfit),
    )


def troubles_of(looks: Iterable[HookLook]) -> tuple[HookTrouble, ...]:
    """What is not as it should be, in the order of projects and wanted hooks."""
    return tuple(
        HookTrouble(project=look.project.name, hook=look.hook.event, condition=look.condition)
        for look in looks
        if look.condition is not HookCondition.WELL
    )
