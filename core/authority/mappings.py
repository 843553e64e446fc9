"""Who may say whose an unknown address is: the platform team, and never for themselves.

On one machine it is not anybody: an author could hand their own commits to somebody else.
"""

import shlex
from collections.abc import Iterator
from typing import Final

from core.accounts import kind_of
from core.authority.acts import MapAddress
from core.authority.conditions import known
from core.authority.letters import NAME_ONE
from core.authority.ruling import Condition, Ruling, barred, met, missing
from core.command_line import CommandLine
from core.context import Context
from core.people import COMMAND_LINE, Person, folded
from core.policy import Policy

LONGEST_ADDRESS: Final = 320
LONGEST_REASON: Final = 2000
NOBODY: Final = "nobody"  # how a command says that an address is no person's
NOBODYS: Final = "nobody's"
UNREADABLE: Final = "\N{REPLACEMENT CHARACTER}"  # stands for what cannot be shown

MAP_IT: Final = (
    "{who} maps it: `people map {address} PERSON`, or `people map {address} nobody REASON` for a "
    "leaver or a tool."
)
MAP_IT_IN_THE_SHELL: Final = (
    "Whoever keeps the machine maps it at the command line: `{person}`, or `{nobody}` for a leaver "
    "or a tool."
)
MAP_THE_SERVICE: Final = (
    "{who} maps it to whoever answers for it: `people map {address} PERSON`. Or name both under "
    "build_services in policy.yml."
)
MAP_THE_SERVICE_IN_THE_SHELL: Final = (
    "Whoever keeps the machine maps it at the command line to whoever answers for it: `{person}`."
)
NO_TEAM: Final = (
    "Nobody may map an address in the chat: policy.yml names no platform team. Nothing was changed."
)
OR_IN_THE_SHELL: Final = " Or map it at the command line: `sluss people` says how."
NOT_YOURS: Final = "You are in no group of the platform team. Nothing was changed."
YOURSELF: Final = (
    "Nobody maps an address to themselves or away from themselves. Nothing was changed."
)
EMPTY: Final = "There is no address to map: it is empty. Nothing was changed."
TOO_LONG: Final = "An address has at most {most} characters. Nothing was changed."
NOT_TEXT: Final = "The address has characters that cannot be shown. Nothing was changed."
IS_KNOWN: Final = (
    "The directory knows {address} already: it is that of {name} ({id}). Nothing was changed; "
    "change it there."
)
NO_PERSON: Final = (
    "The directory knows nobody by {person!r}. Nothing was changed; give an id, an e-mail address "
    "or an account that it has."
)
WHO_OR_NOBODY: Final = "An address is mapped to a person or to nobody. Nothing was changed."
IS_A_SERVICE: Final = (
    "{address} is the account of a {kind}, and somebody answers for what it does: it is never "
    "nobody's. Nothing was changed; map it to that person, or name both under build_services in "
    "policy.yml."
)
NO_REASON: Final = "To map an address to nobody needs a reason. Nothing was changed; write one."
LONG_REASON: Final = "A reason has at most {most} characters. Nothing was changed."


def how_to_map(address: str, context: Context) -> str:
    """Who makes an unknown address known, and how, in one sentence."""
    groups = _groups(context.policy)
    if not groups:
        return how_to_map_in_the_shell(address, context.sluss)
    words = MAP_THE_SERVICE if kind_of(address) else MAP_IT
    return words.format(address=_typed(_printed(address)), who=f"A member of {groups}")


def how_to_map_in_the_shell(address: str, sluss: CommandLine) -> str:
    """How whoever reads it at the command line makes an unknown address known."""
    printed = _printed(address)
    end = ("--", printed) if printed.startswith("-") else (printed,)
    person = sluss("people", "map", *end, "PERSON")
    if kind_of(address):
        return MAP_THE_SERVICE_IN_THE_SHELL.format(person=person)
    nobody = sluss("people", "map", "--nobody", "REASON", *end)
    return MAP_IT_IN_THE_SHELL.format(person=person, nobody=nobody)


def can_be_mapped(address: str) -> bool:
    """Whether anybody could write it in a command: it has a name, of characters that show."""
    is_quotable = not {'"', "\N{RIGHT DOUBLE QUOTATION MARK}"} <= {*address}
    return _address(MapAddress(address=address)).is_met and "`" not in address and is_quotable


def readable(text: str) -> str:
    """The text trimmed, with a sign in the place of each character that cannot be shown."""
    return "".join(each if each.isprintable() else UNREADABLE for each in text.strip())


def map_address(person: Person | None, act: MapAddress, context: Context) -> Iterator[Ruling]:
    """Ask first who it is, so that a stranger hears nothing of whose an address is."""
    yield from _who(person, context.policy, context)
    yield _not_themselves(person, act, context)
    yield _address(act)
    yield _person(act)
    yield _reason(act)


def _who(person: Person | None, policy: Policy, context: Context) -> Iterator[Ruling]:
    if person is not None and person.identity == COMMAND_LINE:
        yield met(Condition.IDENTITY)  # whoever has the shell keeps the machine
        return
    who_can = f"A member of {_groups(policy)} can." if _groups(policy) else NAME_ONE
    yield known(person, context, who_can)
    if not _groups(policy):
        yield barred(Condition.GROUP, NO_TEAM, NAME_ONE + context.sluss.in_text(OR_IN_THE_SHELL))
    elif person is None or any(person.is_member(group) for group in policy.platform_team):
        yield met(Condition.GROUP, who_can)
    else:
        yield barred(Condition.GROUP, NOT_YOURS, who_can)


def _not_themselves(person: Person | None, act: MapAddress, context: Context) -> Ruling:
    """Neither by another account of theirs, nor away from where it is mapped to them now."""
    before = context.desk.mapped(act.address)
    touched = {folded(act.address), folded(act.person), folded(before.person) if before else ""}
    touched |= act.found.names if act.found else frozenset()
    if person is None or not person.names & touched:
        return met(Condition.FOUR_EYES)
    team = _groups(context.policy)
    who_can = f"Another member of {team} can." if team else ""
    return barred(Condition.FOUR_EYES, YOURSELF, who_can)


def _address(act: MapAddress) -> Ruling:
    if not folded(act.address):
        return barred(Condition.ADDRESS, EMPTY)
    if len(act.address) > LONGEST_ADDRESS:
        return barred(Condition.ADDRESS, TOO_LONG.format(most=LONGEST_ADDRESS))
    if UNREADABLE in act.address or not act.address.isprintable():
        return barred(Condition.ADDRESS, NOT_TEXT)
    if act.owner is not None:
        owner = {"name": act.owner.name, "id": act.owner.id}
        return barred(Condition.ADDRESS, IS_KNOWN.format(address=act.address, **owner))
    return met(Condition.ADDRESS)


def _person(act: MapAddress) -> Ruling:
    kind = kind_of(act.address)
    if kind and not act.person:
        return barred(Condition.PERSON, IS_A_SERVICE.format(address=act.address, kind=kind))
    if act.person and (act.found is None or act.found.id != act.person):
        return barred(Condition.PERSON, NO_PERSON.format(person=act.person))
    return met(Condition.PERSON)


def _reason(act: MapAddress) -> Ruling:
    if len(act.reason) > LONGEST_REASON:
        return missing(Condition.WORDS, LONG_REASON.format(most=LONGEST_REASON))
    if not act.person and not act.reason.strip():
        return missing(Condition.WORDS, NO_REASON)
    return met(Condition.WORDS)


def _printed(address: str) -> str:
    return readable(address)[:LONGEST_ADDRESS].replace("`", UNREADABLE)


def _typed(address: str) -> str:
    """The address as a message has it, which knows no quoting of a shell."""
    if shlex.quote(address) == address:
        return address
    return f"“{address}”" if '"' in address else f'"{address}"'


def _groups(policy: Policy) -> str:
    return " or ".join(filter(folded, policy.platform_team))
