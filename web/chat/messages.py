"""What a window and the server say to each other over the socket."""

from typing import Any

import msgspec

from web.chat.settings import Room, Suggestion
from web.chat.transcript import Said, Seen


class Say(msgspec.Struct, frozen=True, kw_only=True, tag="say"):
    room: str
    text: str


class Press(msgspec.Struct, frozen=True, kw_only=True, tag="press"):
    """``request`` is the window's own mark, given back with the answer."""

    room: str
    activity: str
    verb: str
    data: dict[str, Any] = {}
    request: int = 0


class Read(msgspec.Struct, frozen=True, kw_only=True, tag="read"):
    room: str


FromWindow = Say | Press | Read


class ShownPerson(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    groups: list[str]
    does: str
    is_active: bool


class ShownRoom(msgspec.Struct, frozen=True, kw_only=True):
    room: Room
    seen: int
    said: list[Said]


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """An approval that waits for the person of the window, and the message that asks for it."""

    approval: str
    said: Said


class WindowState(msgspec.Struct, frozen=True, kw_only=True, tag="state"):
    """Everything that a window shows, sent at the start and after a lost connection."""

    me: str
    people: list[ShownPerson]
    rooms: list[ShownRoom]
    suggestions: tuple[Suggestion, ...]
    waiting: list[Waiting]


class Spoken(msgspec.Struct, frozen=True, kw_only=True, tag="spoken"):
    """Something new was said, or something that has changed; ``room`` when it is a new room.

    ``approval`` is the one that the card asks for, where it waits for the person of this window.
    """

    said: Said
    room: Room
    approval: str = ""


class ReadUpTo(msgspec.Struct, frozen=True, kw_only=True, tag="read_up_to"):
    """The same person has read it in another window."""

    seen: Seen


class Answered(msgspec.Struct, frozen=True, kw_only=True, tag="answered"):
    """The answer to a press: a card for these eyes, or a word."""

    request: int
    activity: str
    card: dict[str, Any] | None = None
    text: str = ""


class Problem(msgspec.Struct, frozen=True, kw_only=True, tag="problem"):
    room: str
    text: str


class Settled(msgspec.Struct, frozen=True, kw_only=True, tag="settled"):
    """The bot has taken what was said; its answer is there, or will come."""

    room: str


ToWindow = WindowState | Spoken | ReadUpTo | Answered | Problem | Settled
