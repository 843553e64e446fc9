"""Who may decide about a promotion and who may not, by name."""

from bot.view import Deciders
from core.authority.approval import approvers, excluded, why_not
from core.errors import UnavailableError
from core.people import Person
from core.policy import Policy
from core.ports import Directory
from core.release.model import Model
from core.release.promotion import Promotion
from core.release.release import Release


async def deciders(
    directory: Directory, policy: Policy, model: Model, release: Release, promotion: Promotion
) -> Deciders:
    """Without the directory the groups remain: the flow decides by the person who clicks."""
    groups = approvers(policy, promotion.stage)
    barred = excluded(model, release, promotion.requester)
    try:
        members = [person for group in groups for person in await directory.members(group)]
        named = [(await _name(directory, key), reason) for key, reason in barred.items()]
    except UnavailableError:
        return Deciders(groups=groups)
    may = {person.id: person.name for person in members if not why_not(person, barred)}
    return Deciders(groups=groups, may=tuple(may.values()), may_not=tuple(dict(named).items()))


def may_decide(person: Person, policy: Policy, model: Model, release: Release) -> bool:
    """Whether this person may decide about the release's open promotion."""
    promotion = release.open_promotion()
    if promotion is None or why_not(person, excluded(model, release, promotion.requester)):
        return False
    return any(person.is_member(group) for group in approvers(policy, promotion.stage))


async def _name(directory: Directory, key: str) -> str:
    person: Person | None = await directory.person(key) or await directory.by_email(key)
    return person.name if person else key
