"""Events of the stream ``platform``: what the platform team has on its desk."""

from typing import ClassVar

from core.events.base import Event
from core.people import Person
from core.words import ReleaseId


class LetterBuried(Event, frozen=True, kw_only=True):
    """A message of a queue became a dead letter. ``about`` says in words what it was about."""

    is_for_desk: ClassVar[bool] = True

    queue: str
    message: str
    reason: str
    about: str = ""
    release: ReleaseId = ReleaseId("")


class LetterRedriven(Event, frozen=True, kw_only=True):
    """Somebody sent a dead letter again."""

    is_for_desk: ClassVar[bool] = True

    queue: str
    message: str
    by: Person
