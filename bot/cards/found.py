"""The card of repositories that the host of git has, with the lines that platform.yml lacks."""

import json
import re
from collections.abc import Iterable
from typing import Final, Protocol

import msgspec

from bot.elements import card, code, heading, table, text
from bot.view import CardSubject
from core.card import Card
from core.count import count
from core.errors import UnknownNameError
from core.events.desk import RepositoriesFound, StrangeRepository
from core.ports import Ledger
from core.words import PLATFORM

MOST: Final = 15  # whose lines are shown
NO_LETTER: Final = re.compile(r"[^A-Za-z0-9_.]")  # of a name in platform.yml
WHY: Final = (
    "Sluss looks at no push there. To bring one on board, put its line under `repositories` of "
    "platform.yml, with its team; where Sluss runs on several machines, start it again. Its "
    "release branch is then found without a push. Those that hold no model need nothing: each is "
    "told once."
)
LINE: Final = "- {{id: {id}, name: {name}, team: TEAM, release_branch: {branch}}}"


class FoundNeeds(Protocol):
    """The ledger remembers each of them."""

    @property
    def store(self) -> Ledger: ...


class FoundView(msgspec.Struct, frozen=True, kw_only=True):
    """What was found at once."""

    found: RepositoriesFound


async def gather(subject: CardSubject, needs: FoundNeeds) -> FoundView:
    for entry in await needs.store.load(PLATFORM, kinds=[RepositoriesFound]):
        if entry.event.id == subject.name and isinstance(entry.event, RepositoriesFound):
            return FoundView(found=entry.event)
    raise UnknownNameError("finding of repositories", subject.name)


def readers(_view: FoundView) -> tuple[str, ...]:
    return (PLATFORM,)


def render(view: FoundView) -> Card:
    found = view.found
    all_of_them = len(found.repositories) + found.more
    title = f"{count(all_of_them, 'repository', 'repositories')} that platform.yml does not have"
    shown = found.repositories[:MOST]
    left = all_of_them - len(shown)
    return card(
        heading(title),
        table(("Project", "Repository"), [(each.project, each.name) for each in shown]),
        text(f"And {left} more.") if left else None,
        text(WHY),
        code(lines(shown)),
        summary=title,
    )


def lines(repositories: Iterable[StrangeRepository]) -> str:
    """The lines for platform.yml; only the team is for somebody to fill in.

    Each is whole by itself, as a chat shows no spaces at the beginning of one.
    """
    return "\n".join(
        LINE.format(
            id=each.id,
            name=json.dumps(NO_LETTER.sub("_", each.name)),
            branch=json.dumps(each.default_branch or "main"),
        )
        for each in repositories
    )
