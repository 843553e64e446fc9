"""``sluss people``: who is who, and whose the addresses are that people.yml does not know."""

import asyncio
import os
import pwd
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.table import Table
from rich.text import Text

from adapters.local_files.people import PeopleFile
from adapters.sql_store import SqlStore
from core.authority.mappings import NOBODYS, how_to_map_in_the_shell, readable
from core.desk import Desk, Mapped
from core.handle import Handle
from core.mapping import mapping_wish
from core.origin import EventOrigin
from core.people import Person, at_the_command_line, folded
from sluss.home.settings import Settings, from_environment
from sluss.home.store_url import is_file
from sluss.home.this_program import this_program
from sluss.wiring.opening import Opening
from sluss.wiring.store import open_store

MAPPED: Final = "{address} is mapped: {whose}. A running server knows it at once."
LISTED: Final = "{address}: {whose}, says {by} ({when:%Y-%m-%d %H:%M} UTC){why}"
NONE: Final = "No address is mapped."


def people_table(home: Path) -> Table:
    """List everybody of people.yml."""
    table = Table("id", "name", "groups", "also known as", "", box=None, pad_edge=False)
    for person in from_environment(home).files.people:
        names = (*person.emails, *person.accounts, *(f"= {other}" for other in person.same_as))
        left = "" if person.is_active else "disabled"
        groups = ", ".join(sorted(person.groups))
        row = (person.id, person.name, groups, ", ".join(names), left)
        table.add_row(*map(Text, row))
    return table


def show_mappings(home: Path) -> Iterator[str]:
    """List all mapped addresses, the newest first, and say how to map one; nothing is made."""
    settings = from_environment(home)
    mappings = _desk(settings).newest_mappings()
    yield ""
    for found in mappings:
        why = f": {found.reason}" if found.reason else ""
        whose, by = _whose(found, settings), found.by.name
        address = found.address
        yield LISTED.format(address=address, whose=whose, by=by, when=found.since, why=why)
    if not mappings:
        yield NONE
    yield how_to_map_in_the_shell("ADDRESS", this_program(home))


def unknown(settings: Settings, addresses: Iterable[str]) -> tuple[str, ...]:
    """The addresses that neither people.yml knows nor anybody has mapped, each once."""
    known = {name for person in settings.files.people for name in person.names}
    known |= _desk(settings).mappings.keys()
    found = {folded(address): address for address in addresses if folded(address) not in known}
    return tuple(found.values())


def map_address(home: Path, address: str, person: str | None, *, reason: str) -> str:
    """Say whose an address is, None for nobody; a server may run on the same ledger.

    Raise RefusedError with why it was not mapped.
    """
    return asyncio.run(_map(from_environment(home), address, person, reason))


async def _map(settings: Settings, address: str, person: str | None, reason: str) -> str:
    async with _store(settings) as store:
        handle = Handle(
            store,
            platform=lambda: settings.files.platform,
            policy=settings.files.policy,
            clock=lambda: datetime.now(UTC),
            is_local=settings.is_local,
            sluss=this_program(settings.home),
        )
        wish = await mapping_wish(
            address,
            person,
            reason=reason,
            by=at_the_command_line(_login()),
            now=datetime.now(UTC),
            directory=PeopleFile(settings.files.people),
        )
        handled = await handle(wish, EventOrigin.COMMAND_LINE)
        handled.raise_refusal()
        mapped = (await store.desk()).mapped(wish.address)
        whose = _whose(mapped, settings) if mapped else NOBODYS
        return MAPPED.format(address=wish.address, whose=whose)


@asynccontextmanager
async def _store(settings: Settings) -> AsyncIterator[SqlStore]:
    async with AsyncExitStack() as closes:
        yield await open_store(settings.store_url, Opening(closes))


def _desk(settings: Settings) -> Desk:
    """Before the first start there is no ledger, and looking makes none."""
    url = settings.store_url
    if is_file(url) and not Path(url.removeprefix("sqlite:///")).exists():
        return Desk()
    return asyncio.run(_read(settings))


async def _read(settings: Settings) -> Desk:
    async with _store(settings) as store:
        return await store.desk()


def _whose(mapped: Mapped, settings: Settings) -> str:
    if not mapped.person:
        return NOBODYS
    people: Iterator[Person] = iter(settings.files.people)
    found = next((each for each in people if each.id == mapped.person), None)
    return f"{found.name} ({found.id})" if found else mapped.person


def _login() -> str:
    """Return who runs this by the system's word: variables could say anybody."""
    try:
        return readable(pwd.getpwuid(os.getuid()).pw_name)
    except KeyError:
        return f"user {os.getuid()}"
