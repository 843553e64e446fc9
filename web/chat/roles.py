"""What a person can do in the story, and which question waits for whom: asked of the policy."""

from typing import Any, Final

import msgspec

from core.authority.acts import ApproveStage
from core.authority.conditions import approvers
from core.authority.evaluate import may
from core.errors import UnavailableError
from core.handle import Handle
from core.people import Person
from core.release.model import JUDGED
from core.words import ApprovalId, ReleaseId, stream_of

ONLOOKER: Final = "looks on"


class ApprovalNamed(msgspec.Struct, frozen=True):
    """What a button says that it is about; only a question of an approval names both."""

    release: str
    approval: str


class Roles:
    """Reads platform.yml and the policy as they are now."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def does(self, person: Person) -> str:
        """Say it in words: "accepts and requests for credit_risk, approves QA and PROD"."""
        policy = self._handle.context().policy
        teams = {known.team for known in self._handle.platform.repositories if known.team}
        mine = sorted(team for team in teams if person.is_member(team))
        stages = [stage for stage in JUDGED if any(map(person.is_member, approvers(policy, stage)))]
        is_platform = any(map(person.is_member, policy.platform_team))
        words = (
            f"accepts and requests for {' and '.join(mine)}" if mine else "",
            f"approves {' and '.join(stages)}" if stages else "",
            "platform team" if is_platform else "",
        )
        groups = f" ({', '.join(sorted(person.groups))})" if person.groups else ""
        return ", ".join(filter(None, words)) or f"{ONLOOKER}{groups}"

    async def waits_for(self, person: Person, card: dict[str, Any] | None) -> str:
        """The approval that the card asks for, where this person may give it; else ""."""
        asked = _asked(card or {})
        if asked is None:
            return ""
        stream = stream_of(ReleaseId(asked.release))
        repository = self._handle.platform.named(stream)
        if repository is None:
            return ""
        act = ApproveStage(release=ReleaseId(asked.release), approval=ApprovalId(asked.approval))
        try:
            model = await self._handle.model(repository.name)
        except UnavailableError:
            return ""  # it is asked again with the card's next change
        ruling = may(person, act, model, self._handle.context(repository=repository))
        return asked.approval if ruling.is_met else ""


def _asked(card: dict[str, Any]) -> ApprovalNamed | None:
    for action in card.get("actions") or ():
        try:
            return msgspec.convert(action.get("data"), ApprovalNamed)
        except msgspec.ValidationError:
            continue
    return None
