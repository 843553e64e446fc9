"""Reads who holds the stages in the registry, and tells what differs from our state."""

from collections.abc import Iterator
from contextlib import contextmanager

from core.again import Troubles
from core.errors import StepFailedError, UnavailableError
from core.events.workers import RegistryObserved
from core.jobs import ObserveRegistries, ObserveRegistry
from core.origin import EventOrigin
from core.ports import Store
from core.release.model import JUDGED
from core.words import Stream
from workers.services import Services

NAME = "looking at the registry"


class RegistryWatch:
    """Reads one model when a hint names it, and all of them from time to time."""

    def __init__(self, services: Services, store: Store, troubles: Troubles) -> None:
        self._services = services
        self._store = store
        self._troubles = troubles

    async def one(self, job: ObserveRegistry) -> None:
        """Read one model, and tell only what differs from our state."""
        model = await self._services.handle.model(job.stream)
        read_at = self._services.clock()
        with _reading():
            holders = await self._services.registry.holders(job.model)
        if not model.differing(holders or {}):
            return
        observed = RegistryObserved(
            id=f"observed/{job.model}/{read_at.isoformat()}",
            time=read_at,
            model=job.model,
            holders=holders or {},
            read_at=read_at,
            is_missing=holders is None,
            known=model.version,
        )
        await self._services.handle(observed, EventOrigin.WORKER)

    async def all(self, job: ObserveRegistries) -> None:
        """Ask the registry and the store once each, however many models there are.

        While the registry is down a look is skipped, as the next one comes anyway.
        """
        try:
            differing = await self._differing()
        except (UnavailableError, StepFailedError) as error:
            self._troubles.begin(NAME, error)
            return
        self._troubles.end(NAME)
        for stream in differing:
            name = (await self._services.handle.model(stream)).name
            await self.one(ObserveRegistry(id=f"{job.id}/{stream}", stream=stream, model=name))

    async def _differing(self) -> list[Stream]:
        found = await self._services.registry.all_holders()
        holders = {name.casefold(): stages for name, stages in found.items()}
        known = await self._store.held()
        claims = await self._store.claims()
        return [
            stream
            for name, stream in claims.items()
            if any(
                holders.get(name, {}).get(stage, "") != known.get(stream, {}).get(stage, "")
                for stage in JUDGED
            )
        ]


@contextmanager
def _reading() -> Iterator[None]:
    """Treat a registry that refuses us like one that is down, until somebody mends the access.

    A step would fail by it, which its owner sees; a look has no owner and is repeated.
    """
    try:
        yield
    except StepFailedError as error:
        raise UnavailableError(str(error)) from error
