"""Builds what looks at the host of git by itself: for lost deliveries, and at the service hooks."""

import logging
import random
from collections.abc import Coroutine, Iterator
from typing import Any, Final

from core.again import keep
from core.confirm import Confirm
from core.errors import CommitGoneError, StepFailedError
from core.platform import Repository
from sluss.wiring.parts import Parts
from workers.checkpoints import CheckpointDesk, CheckpointWatch
from workers.gate.duplicates.find import learn
from workers.watch.pace import MINUTES, PaceWatch
from workers.watch.reconcile_pushes import Index, ReconcilePushes
from workers.watch.subscriptions import SubscriptionWatch

log = logging.getLogger(__name__)

RECONCILE_EVERY_S: Final = 3600.0
SPREAD: Final = 0.1  # of an hour: many workers do not all come at once
SUBSCRIPTIONS_EVERY_S: Final = 300.0
PACE_EVERY_S: Final = MINUTES * 60.0


def confirm_by_host(parts: Parts) -> Confirm | None:
    """Return who asks the host of git about deliveries, where there is one to ask."""
    if parts.host.host_events is None:
        return None
    return Confirm(parts.host.host_events, lambda: parts.handle.platform, parts.troubles)


def host_watches(parts: Parts, desk: CheckpointDesk) -> Iterator[Coroutine[Any, Any, None]]:
    """Yield what runs beside the queues; each looks at once when the worker starts."""
    if parts.host.host_events is None:
        return
    told = parts.troubles
    host, store = parts.host.host_events, parts.store
    reconcile = ReconcilePushes(host, parts.handle, store, told, _index(parts))
    every_s = RECONCILE_EVERY_S * random.uniform(1 - SPREAD, 1 + SPREAD)  # noqa: S311 - no secret
    yield keep("reconciling with the host of git", reconcile.go_on, told, every_s=every_s)
    if parts.host.subscriptions is not None:
        watch = SubscriptionWatch(
            parts.host.subscriptions, host, parts.handle, store, reconcile=reconcile.run
        )
        name = "looking at the service hooks"
        yield keep(name, watch.look, told, every_s=SUBSCRIPTIONS_EVERY_S)
    pace = PaceWatch(host, parts.handle)
    yield keep("looking at the pace of the host", pace.look, told, every_s=PACE_EVERY_S)
    waiting = CheckpointWatch(desk, host)
    yield keep("looking for pipelines that wait", waiting.run, told, every_s=every_s)


def _index(parts: Parts) -> Index:
    """Return how a new repository's code is learned, which no push has brought yet."""
    rules = parts.settings.files.policy.rules.duplicates

    async def index(repository: Repository, commit: str) -> None:
        try:
            code = await parts.host.git.files(repository.id, commit)
        except (CommitGoneError, StepFailedError) as error:
            extra = {"action": "clones_not_learned", "repository": repository.name}
            log.warning("%s", error, extra=extra)
            return
        await learn(code, repository.name, parts.clones, rules)

    return index
