"""``people``: the addresses that were mapped, and how to map one."""

from collections.abc import AsyncIterator
from typing import Final

from bot.command import Asker, command
from bot.elements import Part, card, heading, section, text
from bot.ports import BotPorts
from bot.wording import clipped
from core.authority.mappings import NOBODYS, how_to_map
from core.card import Banner, Card, Dated, Tone
from core.count import count
from core.desk import Mapped
from core.errors import UnavailableError

WHAT: Final = (
    "An address of a commit that the directory does not know blocks requests and approvals until "
    "somebody says whose it is."
)
NONE: Final = "No address is mapped yet"
OLDER: Final = "And {more} older ones: `sluss people` lists them all."
SHOWN: Final = 10
LONGEST: Final = 200


@command(
    "people",
    "Whose the addresses are that the directory does not know, as the platform team said.",
    who="everyone",
)
async def people(_words: list[str], asker: Asker) -> Card:
    return await mappings_card(asker.show.ports)


async def mappings_card(ports: BotPorts, said: Banner | None = None) -> Card:
    """All that is mapped, the newest first; ``said`` is what has just been done."""
    found = (await ports.store.desk()).newest_mappings()
    title = f"{count(len(found), 'address', 'addresses')} mapped" if found else NONE
    more, context = len(found) - SHOWN, ports.handle.context()
    return card(
        heading(title),
        said,
        *[part for mapped in found[:SHOWN] async for part in _parts(mapped, ports)],
        text(context.sluss.in_text(OLDER.format(more=more))) if more > 0 else None,
        section(
            "How to map one",
            text(WHAT),
            text(how_to_map("ADDRESS", context)),
        ),
        summary=said.text if said else title,
    )


async def _parts(mapped: Mapped, ports: BotPorts) -> AsyncIterator[Part]:
    why = f": {clipped(mapped.reason, LONGEST)}" if mapped.reason else ""
    yield text(f"{mapped.address}: {await whose(mapped, ports)}", is_bold=True)
    yield text(Dated(f"{mapped.by.name}, ", mapped.since, why), Tone.SUBTLE)


async def whose(mapped: Mapped, ports: BotPorts) -> str:
    """Return the person's name; the id alone while the directory does not answer."""
    if not mapped.person:
        return NOBODYS
    try:
        person = await ports.directory.person(mapped.person)
    except UnavailableError:
        person = None
    return f"{person.name} ({person.id})" if person else mapped.person
