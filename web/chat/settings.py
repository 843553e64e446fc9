"""What the chat window shows: people to be, rooms to be in, commands to try."""

from pathlib import Path

import msgspec

from core.conversation import direct
from core.people import Person

NODE_MODULES = Path(__file__).parent.parent / "renderer" / "node_modules"


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation of several people; ``id`` is its name in platform.yml."""

    id: str
    title: str
    about: str = ""


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """A command to try: ``usage`` as in its help, "model status <model>"."""

    usage: str
    description: str


class ChatSettings(msgspec.Struct, frozen=True, kw_only=True):
    """``base_url`` is this server's own address, for example ``http://127.0.0.1:8080``.

    ``history`` is the file that keeps what was said over a restart; ``token`` is what the bot's
    endpoint demands of us.
    """

    base_url: str
    history: Path
    people: tuple[Person, ...]
    rooms: tuple[Room, ...]
    suggestions: tuple[Suggestion, ...] = ()
    token: str = ""
    endpoint: str = "/api/messages"
    mounted_at: str = "/chat"
    renderer: Path = NODE_MODULES
    notice: str = ""  # stands on top of every window

    @property
    def service_url(self) -> str:
        """Where the bot posts: the address of every local conversation."""
        return f"{self.base_url.rstrip('/')}{self.mounted_at}/connector/"

    @property
    def bot_url(self) -> str:
        return f"{self.base_url.rstrip('/')}{self.endpoint}"

    def __repr__(self) -> str:
        """Leave the token out, as settings are shown in errors and logs."""
        return f"ChatSettings(base_url={self.base_url!r})"

    def person(self, person_id: str) -> Person | None:
        """Return whom a window may be of: nobody whose account is disabled."""
        here = (person for person in self.people if person.is_active)
        return next((person for person in here if person.id == person_id), None)

    def rooms_of(self, person: Person) -> tuple[Room, ...]:
        """The shared rooms, and the person's own conversation with the bot."""
        about = "Only you and Sluss read this"
        return (*self.rooms, Room(id=direct(person.id), title="Sluss", about=about))
