"""A program that writes to a store as a busy process does; two of them hammer one database.

It prints what it won, as JSON: leases by number, effects by key, versions that it wrote. An error
that reaches it ends it.
"""

import asyncio
import json
import sys
from functools import partial

from adapters.sql_store import SqlSettings, SqlStore
from core.errors import VersionConflictError
from core.words import Stream
from tests.adapters.shown_cards import shown_cards
from tests.adapters.store_contract import job, push

ROUNDS = 60
STREAM = Stream("loan")
# A busy machine is slow, which is no collision.
PATIENT = partial(SqlSettings, connect_s=60, statement_s=60, lock_s=60, idle_s=60)


async def main(url: str, name: str) -> None:
    store = await SqlStore.open(PATIENT(url=url))
    await meet(store, name)
    leases, effects, versions = await asyncio.gather(
        lease(store, name), begin(store, name), append(store, name)
    )
    await store.close()
    print(json.dumps({"leases": leases, "effects": effects, "versions": versions}))  # noqa: T201


async def meet(store: SqlStore, name: str) -> None:
    """Begin when the other one is there, too."""
    await store.lease_card(f"here/{name}", name, 60)
    while len(await shown_cards(store, "here/")) < 2:  # noqa: ASYNC110 - the other is a process
        await asyncio.sleep(0.005)


async def lease(store: SqlStore, name: str) -> list[int]:
    """Each card for a hundred seconds: who has it, keeps it."""
    keys = [(number, f"release/{number}") for number in range(ROUNDS)]
    won = [number for number, key in keys if await store.lease_card(key, name, 100) is not None]
    for number in range(ROUNDS, 2 * ROUNDS):  # and some that ran out, in bursts
        await store.lease_card(f"release/{number}", f"gone before {name}", -1)
    await asyncio.gather(*(store.lease_card("release/busy", name, -1) for _ in range(ROUNDS)))
    return won


async def begin(store: SqlStore, name: str) -> dict[str, str]:
    keys = [f"run/{number}" for number in range(ROUNDS)]
    kept = await asyncio.gather(*(store.effect(key, name) for key in keys))
    return dict(zip(keys, kept, strict=True))


async def append(store: SqlStore, name: str) -> list[int]:
    versions = []
    for number in range(ROUNDS):
        pushed = push(number, Stream(f"{STREAM}-{name}"))
        while True:
            at = len(await store.load(STREAM))
            try:
                versions.append(await store.commit(STREAM, at, [pushed], [job(f"{name}/{at}")]))
                break
            except VersionConflictError:
                continue
        await store.mark_sent([each.id for each in await store.unsent(100)])
    return versions


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
