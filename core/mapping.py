"""A wish to map an address, with what the directory says about it: the flow asks no directory."""

import hashlib
from datetime import datetime

from core.authority.mappings import LONGEST_ADDRESS, LONGEST_REASON, WHO_OR_NOBODY, readable
from core.errors import RefusedError
from core.events.desk import MappingRequested
from core.people import Person, folded
from core.ports import Directory
from core.words import PersonId


async def mapping_wish(
    address: str, to: str | None, *, reason: str, by: Person, now: datetime, directory: Directory
) -> MappingRequested:
    """Make the event; ``to`` is any name of a person, or None for nobody.

    What is too long is cut one character behind the limit, so that the flow still refuses it and
    the ledger does not keep the rest. Raise RefusedError for a person without a name.
    """
    if to is not None and not folded(to):
        raise RefusedError(WHO_OR_NOBODY)
    address = readable(address)[: LONGEST_ADDRESS + 1]
    found = await directory.known_as(to) if to is not None else None
    person = found.id if found else readable(to or "")[:LONGEST_ADDRESS]
    about = "\n".join((folded(address), person, by.id, now.isoformat()))
    return MappingRequested(
        id=f"map/{hashlib.sha256(about.encode()).hexdigest()[:32]}",
        time=now,
        address=address,
        person=PersonId(person),
        reason=readable(" ".join(reason.split()))[: LONGEST_REASON + 1],
        by=by,
        found=found,
        owner=await directory.known_as(address),
    )
