"""``people map <address> <person>``: say whose an address is that the directory does not know."""

from bot.command import Asker, command
from bot.commands.people import mappings_card, whose
from bot.elements import banner
from core.authority.mappings import NOBODY
from core.card import Card, Tone
from core.errors import UnknownNameError
from core.mapping import mapping_wish


@command(
    "people map <address> <person> [reason …]",
    "Say whose an unknown address is; a leaver's or a tool's is nobody's, and then say why.",
    who="members of the platform team, and nobody for themselves",
    examples=[
        "people map astrid@home.example astrid",
        "people map build@host.example nobody the account of the nightly build",
    ],
)
async def people_map(words: list[str], asker: Asker) -> Card:
    address, to, reason = (*words, "")[:3]
    ports = asker.show.ports
    wish = await mapping_wish(
        address,
        None if to.casefold() == NOBODY else to,
        reason=reason,
        by=asker.person,
        now=ports.handle.context().now,
        directory=ports.directory,
    )
    await asker.wants(wish)
    mapped = (await ports.store.desk()).mapped(wish.address)
    if mapped is None:
        raise UnknownNameError("address", wish.address)
    said = f"{mapped.address} is mapped: {await whose(mapped, ports)}"
    return await mappings_card(ports, banner(said, Tone.GOOD))
