"""Measures how long a person waits from a press to the answered card.

``python benchmarks/clicks.py`` keeps the ledgers of 500 models and a people.yml of as many teams,
and presses through the local endpoint as the chat window does, over HTTP: a refused approval, a
look, and an approval that decides. The answer is the time until the card, or the words, are there.
The room answers at once. Aim: p50 of 30 ms, p99 of 100 ms.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web
from aiohttp.test_utils import TestServer

sys.path.insert(0, str(Path(__file__).parents[1]))  # This file is a program, not part of a package.

from adapters.bare_repositories.host import BareRepositories
from adapters.local_files.people import PeopleFile, local_person
from adapters.sql_store import SqlStore
from adapters.teams import TeamsSettings, teams_app
from adapters.teams.addresses import LocalAddresses
from bot.bot import Sluss
from bot.pace import Pace
from bot.ports import BotPorts
from core.contributors import Contributor, Contributors, Part
from core.events.base import Event
from core.events.codec import decode, encode
from core.handle import Handle
from core.people import Person
from core.platform import Platform, Repository
from core.policy import Policy
from core.words import PersonId, Stage, Stream
from sluss.demo.visitor import Visitor
from tests.bot.views import NAMED
from tests.core.story import Story
from tests.origins import happens

MODELS, EACH, WARM = 500, 150, 10
AIM_P50_MS, AIM_P99_MS = 30.0, 100.0
HAND: Final = Contributor(name="ada", part=Part.AUTHOR, commit="1" * 40, person=PersonId("ada"))


def now() -> datetime:
    return datetime.now(UTC)


def people(count: int) -> list[Person]:
    """As many teams as models, four people each, and twenty approvers."""
    teams = [
        local_person(f"p{n}", f"Person {n}", [f"p{n}@bank.example"], [f"team{n // 4}"])
        for n in range(4 * count)
    ]
    approvers = [local_person(f"a{n}", f"Approver {n}", [], ["approvers"]) for n in range(20)]
    return [*teams, *approvers]


def told(number: int) -> Iterator[Event]:
    """What comes from outside until a model's first release waits for an approval of QA."""
    name = f"model{number}".encode()
    for event in Story().push(1).to_registered("1", NAMED).request(Stage.QA).events:
        if not event.caused_by:
            mine = decode(encode(event).replace(b"loan", name).replace(b'"r1"', b'"%s"' % name))
            yield msgspec.structs.replace(mine, id=f"{number}/{mine.id}")


async def filled(handle: Handle, count: int) -> None:
    for number in range(count):
        for event in told(number):
            (await happens(handle, event)).raise_refusal()


async def contributors(*_: object) -> Contributors:
    """What git would say is kept after the first question; it is not what is measured here."""
    return Contributors(found=(HAND,))


@asynccontextmanager
async def served(folder: Path, count: int) -> AsyncIterator[tuple[str, Handle]]:
    store = SqlStore(f"sqlite:///{folder}/store.db")
    names = [Stream(f"model{number}") for number in range(count)]
    known = tuple(Repository(id=name, name=name, team="credit") for name in names)
    platform = Platform(repositories=known)
    handle = Handle(
        store, platform=lambda: platform, policy=Policy(), clock=now, is_local=True,
        find_contributors=contributors,
    )  # fmt: skip
    await filled(handle, count)
    directory = PeopleFile(people(count))
    ports = BotPorts(
        handle=handle, store=store, git=BareRepositories({}.get), directory=directory,
        page_url="http://127.0.0.1:8100",
    )  # fmt: skip
    bot = Sluss(ports, Pace(100_000))
    app = web.Application()
    async with TestServer(room()) as room_of:
        book = LocalAddresses(str(room_of.make_url("/chat/connector/")))
        app.add_subapp("/api/", teams_app(bot, directory, book, TeamsSettings(is_local=True)))
        async with TestServer(app) as server:
            yield str(server.make_url("/")).rstrip("/"), handle
    await store.close()


def room() -> web.Application:
    async def take(_: web.Request) -> web.Response:
        return web.json_response({"id": "x"})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", take)
    return app


async def approvals(handle: Handle, number: int) -> tuple[str, str]:
    release = (await handle.model(Stream(f"model{number}"))).newest()
    assert release is not None
    asked = release.promotion_to(Stage.QA)
    assert asked is not None
    return release.id, asked.approval


async def timed(visitor: Visitor, verb: str, **data: str) -> tuple[float, float]:
    """Return the milliseconds until the answer, and those of the processor, client and all."""
    started, worked = time.perf_counter(), time.process_time()
    answer = await visitor.press(verb, **data)
    taken, work = time.perf_counter() - started, time.process_time() - worked
    is_refusal = verb == "approval.approve" and visitor.person.id == "p0"
    assert bool(answer.refusal) == is_refusal, answer.refusal
    return taken * 1000, work * 1000


async def measure(folder: Path, count: int) -> bool:
    async with served(folder, count) as (url, handle):
        stranger = local_person("p0", "Person 0", [], ["team0"])
        approver = local_person("a0", "Approver 0", [], ["approvers"])
        kinds = {
            "a refused approval": (stranger, "approval.approve"),
            "a look at the card": (approver, "approval.show"),
            "an approval": (approver, "approval.approve"),
        }
        is_met = True
        for what, (person, verb) in kinds.items():
            visitor, times = Visitor(person, url, token=""), []
            for number in range(min(count, EACH + WARM)):
                release, approval = await approvals(handle, number)
                about = {"release": release, "approval": approval, "comment": "compared"}
                times.append(await timed(visitor, verb, **about))
            is_met &= said(what, times[WARM:])
        return is_met


def said(what: str, found: list[tuple[float, float]]) -> bool:
    times, works = zip(*found, strict=True)
    p50, p99 = statistics.median(times), statistics.quantiles(times, n=100)[98]
    is_met = p50 <= AIM_P50_MS and p99 <= AIM_P99_MS
    work = statistics.median(works)
    aim = f"aim {AIM_P50_MS:g} and {AIM_P99_MS:g} ms: {'met' if is_met else 'missed'}"
    print(f"{what:22} p50 {p50:6.1f} ms, p99 {p99:6.1f} ms of {len(times)} ({aim})")
    print(f"{'':22} of the processor, client and all: {work:.1f} ms")
    return is_met


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=MODELS)
    count = parser.parse_args().models
    with tempfile.TemporaryDirectory() as name:
        sys.exit(not asyncio.run(measure(Path(name), count)))


if __name__ == "__main__":
    main()
