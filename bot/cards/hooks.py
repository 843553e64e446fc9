"""The card of the service hooks: what ails them, and that all are well again."""

from collections.abc import Iterator
from typing import Final, Protocol

import msgspec

from bot.elements import Part, banner, card, code, facts, heading, table, text
from bot.view import CardSubject
from core.card import Card, Dated, Tone
from core.count import count
from core.errors import UnknownNameError
from core.events.desk import HookTrouble, SubscriptionsChanged
from core.hook_incident import HookIncident, incident_after
from core.hooks import SAYS
from core.ports import Ledger
from core.words import PLATFORM, HookCondition

MOST: Final = 20  # rows
TITLE: Final = "Service hooks of Azure DevOps"
LOST: Final = (
    "What happens meanwhile is not delivered. Nothing stays lost: Sluss lists pushes and pull "
    "requests itself, every hour and as soon as a hook is well again, and hourly the approvals of "
    "projects that policy.yml has a rule for. Comments and builds of that time are not listed."
)
REPLACED: Final = "a new one was made in its place"
MEND: Final = "What is missing or disabled is mended by"
BY_HAND: Final = (
    "What somebody disabled by hand stays so until that person enables it, in the project's "
    "settings under Service hooks."
)
RESTRICTED: Final = (
    "A restricted hook comes back by itself as soon as one delivery succeeds: see that the gateway "
    "runs and that its public address is reached."
)


class HooksNeeds(Protocol):
    """The desk has the newest incident, and the ledger all of them."""

    @property
    def store(self) -> Ledger: ...


class HooksView(msgspec.Struct, frozen=True, kw_only=True):
    """One incident, as it is now or as it ended, and the command that mends what can be."""

    incident: HookIncident
    repair: str


async def gather(subject: CardSubject, needs: HooksNeeds) -> HooksView:
    newest = (await needs.store.desk()).hooks
    is_newest = newest.id == subject.name
    found = newest if is_newest else await _from_ledger(subject.name, needs)
    return HooksView(incident=found, repair=subject.context.sluss("hooks", "repair"))


async def _from_ledger(name: str, needs: HooksNeeds) -> HookIncident:
    found: HookIncident | None = None
    incident = HookIncident()
    for entry in await needs.store.load(PLATFORM, kinds=[SubscriptionsChanged]):
        if isinstance(entry.event, SubscriptionsChanged):
            incident = incident_after(incident, entry.event)
            found = incident if incident.id == name else found
    if found is None:
        raise UnknownNameError("trouble of service hooks", name)
    return found


def readers(_view: HooksView) -> tuple[str, ...]:
    return (PLATFORM,)


def render(view: HooksView) -> Card:
    incident = view.incident
    return card(
        heading(TITLE),
        _verdict(incident),
        facts(_times(incident)),
        *_what(view),
        summary=f"{TITLE}: {_in_short(incident)}",
    )


def _in_short(incident: HookIncident) -> str:
    number = len(incident.troubles)
    return f"{count(number, 'trouble')}" if number else "all are well again"


def _verdict(incident: HookIncident) -> Part:
    if not incident.is_open:
        return banner("All are well again", Tone.GOOD)
    is_lasting = any(
        each.condition is not HookCondition.RESTRICTED and not each.is_replaced
        for each in incident.troubles
    )
    number = count(len(incident.troubles), "kind of event", "kinds of events")
    return banner(f"{number} with trouble", Tone.BAD if is_lasting else Tone.WARN)


def _times(incident: HookIncident) -> Iterator[tuple[str, str]]:
    if incident.since is not None:
        yield "Since", Dated(incident.since)
    if incident.changed is not None and not incident.is_open:
        yield "Until", Dated(incident.changed)


def _what(view: HooksView) -> Iterator[Part]:
    incident = view.incident
    if not incident.is_open:
        return
    rows = [(each.project, each.hook, _says(each)) for each in incident.troubles[:MOST]]
    yield table(("Project", "Event", "What"), rows)
    if len(incident.troubles) > MOST:
        yield text(f"And {len(incident.troubles) - MOST} more.")
    yield text(LOST)
    conditions = {each.condition for each in incident.troubles if not each.is_replaced}
    if HookCondition.RESTRICTED in conditions:
        yield text(RESTRICTED)
    if HookCondition.DISABLED_BY_HAND in conditions:
        yield text(BY_HAND)
    if conditions - {HookCondition.RESTRICTED, HookCondition.DISABLED_BY_HAND}:
        yield text(MEND)
        yield code(view.repair)


def _says(trouble: HookTrouble) -> str:
    said = SAYS[trouble.condition]
    return f"{said}; {REPLACED}" if trouble.is_replaced else said
