"""``sluss status``: say how the servers of a home are, which say it of themselves.

Another server may listen where one of ours did: only an answer with its identity counts.
"""

import asyncio
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from typing import Final, TypeVar

import aiohttp
import msgspec

from core.again import Trouble
from core.count import count
from core.errors import DECODE_ERRORS, UnavailableError
from core.refusals import Refused
from sluss.home.address import read_address
from sluss.home.running import Running, who_runs
from sluss.wiring.lock import PARTS, Role, is_held

ANSWER_S: Final = 5.0
LONGEST_ANSWER: Final = 1 << 20
DOWN: Final = (
    "Sluss does not answer on {home}{where}. Pushes are kept, and sent when it is up; "
    "run `sluss up`."
)
HANGS: Final = "It runs, and does not answer at {url}. Look into its log, or start it again."
REFUSED: Final = (
    "{last:%Y-%m-%d %H:%M:%S} UTC  {source}  from {address}: refused {times} (401), its "
    "credentials are wrong or missing"
)
OTHERS: Final = "Refused from other addresses: {count} more."
NOT_KNOWN: Final = "not known"


A = TypeVar("A", bound="_Answer")


class Code(IntEnum):
    """The exit codes of ``sluss status``; 2 is that of every error, as where nobody answers."""

    READY = 0
    NOT_READY = 1
    TROUBLED = 3


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    identity: str


class RefusedSenders(_Answer, frozen=True, kw_only=True):
    """What a gateway says at /health/refused."""

    refused: tuple[Refused, ...] = ()
    others: int = 0


class Health(_Answer, frozen=True, kw_only=True):
    """What a server says at /health/ready."""

    ready: bool
    failed: dict[str, str] = {}
    troubles: dict[str, Trouble] = {}
    parts: dict[str, str] = {}


class HomeStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How each process of a home is, under the names of its parts."""

    found: dict[str, Health]

    @property
    def code(self) -> Code:
        if not all(health.ready for health in self.found.values()):
            return Code.NOT_READY
        is_troubled = any(health.troubles for health in self.found.values())
        return Code.TROUBLED if is_troubled else Code.READY

    def lines(self) -> Iterator[str]:
        for name, health in self.found.items():
            yield f"{name}: {'ready' if health.ready else 'not ready'}"
            yield from (f"  {part} does not answer: {why}" for part, why in health.failed.items())
            yield from (_trouble(work, each) for work, each in health.troubles.items())
            for part, said in health.parts.items():
                if said == NOT_KNOWN:
                    yield f"  whether a {part} runs is not known here: it may be on another machine"


def status(home: Path) -> HomeStatus:
    """Ask the servers of this home. Raise UnavailableError when none of them answers."""
    told = who_runs(home, PARTS)
    found: dict[str, Health] = {}
    for running in dict.fromkeys(told.values()):
        parts = [part for part in told if told[part] == running]
        health = _asked(running, "ready", Health) or _silent(home, parts, running)
        if health is not None:
            found[" and ".join(parts)] = health
    if not found:
        address = read_address(home)
        where = f" (its last address was {address})" if address else ""
        raise UnavailableError(DOWN.format(home=home, where=where))
    return HomeStatus(found=found)


def refused_lines(home: Path) -> Iterator[str]:
    """Say whose deliveries the running gateways of this home have refused."""
    running = who_runs(home, [Role.GATEWAY]).get(Role.GATEWAY)
    found = _asked(running, "refused", RefusedSenders) if running else None
    if found is None:
        return
    for each in found.refused:
        yield REFUSED.format(**msgspec.structs.asdict(each), times=count(each.count, "time"))
    if found.others:
        yield OTHERS.format(count=found.others)


def _asked(running: Running, what: str, kind: type[A]) -> A | None:
    """Return what this server says; None when it does not answer, or somebody else does."""
    try:
        said = asyncio.run(_said(f"{running.health}/health/{what}"))
        found = msgspec.json.decode(said, type=kind)
    except (aiohttp.ClientError, OSError, ValueError, *DECODE_ERRORS):
        return None
    return found if found.identity == running.identity else None


async def _said(url: str) -> bytes:
    """Return the body, whatever the status; no proxy leads there, as the server is here."""
    said = bytearray()
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_S)) as session,
        session.get(url, allow_redirects=False) as answer,
    ):
        async for part in answer.content.iter_any():
            said += part
            if len(said) > LONGEST_ANSWER:
                break
    return bytes(said)


def _silent(home: Path, parts: list[str], running: Running) -> Health | None:
    """A process that was killed leaves its file and no lock; with a lock it is there and hangs."""
    if not any(is_held(home, part) for part in PARTS if part in parts):
        return None
    failed = {"health": HANGS.format(url=running.health)}
    return Health(ready=False, identity=running.identity, failed=failed)


def _trouble(work: str, trouble: Trouble) -> str:
    kind = "needs somebody" if trouble.is_final else "is tried again by itself"
    return f"  {work} ({kind}, since {trouble.since:%Y-%m-%d %H:%M} UTC): {trouble.says}"
