"""Events of the stream ``platform``: what the platform team has on its desk."""

from datetime import datetime
from typing import ClassVar

import msgspec

from core.contributors import Contributors
from core.events.base import Event
from core.people import Person
from core.words import HookCondition, PersonId, ReleaseId


class LetterBuried(Event, frozen=True, kw_only=True):
    """A message of a queue became a dead letter. ``about`` says in words what it was about.

    ``time`` is since when the queue has it: a message that dies again is another letter.
    """

    is_for_desk: ClassVar[bool] = True

    queue: str
    message: str
    reason: str
    about: str = ""
    release: ReleaseId = ReleaseId("")


class RedriveRequested(Event, frozen=True, kw_only=True):
    """Somebody wants a dead letter to be sent again."""

    is_for_desk: ClassVar[bool] = True

    queue: str
    message: str
    by: Person


class LetterRedriven(Event, frozen=True, kw_only=True):
    """A dead letter goes into its queue again, because somebody wanted it who may."""

    is_for_desk: ClassVar[bool] = True

    queue: str
    message: str
    by: Person


class LetterGone(Event, frozen=True, kw_only=True):
    """An open dead letter is not in its queue any more, and not by us; ``since`` tells which."""

    is_for_desk: ClassVar[bool] = True

    queue: str
    message: str
    since: datetime


class MappingRequested(Event, frozen=True, kw_only=True):
    """Somebody says whose an address is that the directory does not know.

    An empty ``person`` means nobody: a leaver's or a tool's address, as ``reason`` says. ``found``
    is whom the directory knows by ``person``, and ``owner`` by the address itself, when it was
    asked.
    """

    is_for_desk: ClassVar[bool] = True

    address: str
    person: PersonId = PersonId("")
    reason: str = ""
    by: Person
    found: Person | None = None
    owner: Person | None = None


class AddressMapped(Event, frozen=True, kw_only=True):
    """An address is somebody's, or nobody's, from now on, because somebody said so who may."""

    is_for_desk: ClassVar[bool] = True

    address: str
    person: PersonId = PersonId("")
    reason: str = ""
    by: Person


class ConversationMoved(Event, frozen=True, kw_only=True):
    """A conversation was heard of at another address than the kept one: hosts tell enough of it.

    ``is_in_force``: a post to the old one failed as gone, and cards go to the new one from now on.
    Until then nothing has changed.
    """

    is_for_desk: ClassVar[bool] = True

    conversation: str
    old_host: str
    new_host: str
    is_in_force: bool = False


class HookTrouble(msgspec.Struct, frozen=True, kw_only=True):
    """The service hooks of one kind of event (``git.push``) in one project do not do their work.

    ``is_replaced``: a new one was made in place of what could not be revived.
    """

    project: str
    hook: str
    condition: HookCondition
    is_replaced: bool = False


class SubscriptionsChanged(Event, frozen=True, kw_only=True):
    """What ails the service hooks now is not what ailed them before; no troubles: all are well."""

    is_for_desk: ClassVar[bool] = True

    troubles: tuple[HookTrouble, ...] = ()


class StrangeRepository(msgspec.Struct, frozen=True, kw_only=True):
    """A repository of the host of git that platform.yml does not have."""

    id: str
    name: str
    project: str
    default_branch: str = ""


class RepositoriesFound(Event, frozen=True, kw_only=True):
    """The host of git has repositories that platform.yml does not have, told once each.

    ``more`` is how many others there are, of which only the number is told.
    """

    is_for_desk: ClassVar[bool] = True

    repositories: tuple[StrangeRepository, ...]
    more: int = 0


class CheckpointDecided(Event, frozen=True, kw_only=True):
    """A run of a pipeline was approved or rejected here, because somebody said so who may.

    ``groups`` are those of the rule that held then, and ``contributors`` who were counted: ``by``
    is none of them. ``policy`` is the policy's digest.
    """

    is_for_desk: ClassVar[bool] = True

    checkpoint: str
    by: Person
    approved: bool
    comment: str = ""
    groups: tuple[str, ...] = ()
    contributors: Contributors | None = None
    policy: str = ""


class HostSlowed(Event, frozen=True, kw_only=True):
    """The host of git asks us to wait for much of the time; ``seconds`` of the last ``minutes``."""

    is_for_desk: ClassVar[bool] = True

    seconds: int
    minutes: int
