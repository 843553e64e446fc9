"""The open windows: who looks through each, and what each is told."""

import asyncio

import msgspec
from aiohttp import web

from core.conversation import direct
from core.people import Person
from web.chat.messages import (
    ReadUpTo,
    ShownPerson,
    ShownRoom,
    Spoken,
    ToWindow,
    Waiting,
    WindowState,
)
from web.chat.roles import Roles
from web.chat.settings import ChatSettings, Room
from web.chat.transcript import Said, Seen, Transcript


class Windows:
    """A person's own conversation is told to that person's windows only."""

    def __init__(
        self, settings: ChatSettings, transcript: Transcript, roles: Roles | None = None
    ) -> None:
        self._settings = settings
        self._transcript = transcript
        self._roles = roles
        self._open: dict[web.WebSocketResponse, Person] = {}

    def add(self, window: web.WebSocketResponse, person: Person) -> None:
        self._open[window] = person

    def remove(self, window: web.WebSocketResponse) -> None:
        self._open.pop(window, None)

    def may_read(self, person: Person, room: str) -> bool:
        return not room.startswith("@") or room == direct(person.id)

    def may_speak(self, person: Person, room: str) -> bool:
        return any(known.id == room for known in self._rooms(person))

    async def state(self, person: Person) -> WindowState:
        shown = [self._shown(room, person) for room in self._rooms(person)]
        asked = [(await self._waits(person, said), said) for room in shown for said in room.said]
        return WindowState(
            me=person.id,
            people=self.people(),
            rooms=shown,
            suggestions=self._settings.suggestions,
            waiting=[Waiting(approval=approval, said=said) for approval, said in asked if approval],
        )

    def people(self) -> list[ShownPerson]:
        """Everybody, also who has left: what they said stays theirs."""
        return [
            ShownPerson(
                id=one.id,
                name=one.name,
                groups=sorted(one.groups),
                does=self._roles.does(one) if self._roles else ", ".join(sorted(one.groups)),
                is_active=one.is_active,
            )
            for one in self._settings.people
        ]

    async def spoken(self, said: Said) -> None:
        readers = [w for w, person in self._open.items() if self.may_read(person, said.room)]
        for window in readers:
            person = self._open.get(window)
            if person is None:
                continue  # it was closed meanwhile
            known = {room.id: room for room in self._settings.rooms_of(person)}
            room = known.get(said.room) or _unnamed(said.room)
            waits = await self._waits(person, said)
            await self.tell(window, Spoken(said=said, room=room, approval=waits))

    async def read(self, seen: Seen) -> None:
        same = [window for window, person in self._open.items() if person.id == seen.person]
        await asyncio.gather(*(self.tell(window, ReadUpTo(seen=seen)) for window in same))

    async def tell(self, window: web.WebSocketResponse, message: ToWindow) -> None:
        try:
            await window.send_str(msgspec.json.encode(message).decode())
        except ConnectionError:
            self.remove(window)  # it is being closed; it asks for everything when it comes back

    async def close(self) -> None:
        for window in list(self._open):
            await window.close(code=1001, message=b"the server stops")

    async def _waits(self, person: Person, said: Said) -> str:
        return await self._roles.waits_for(person, said.card) if self._roles else ""

    def _rooms(self, person: Person) -> list[Room]:
        named = self._settings.rooms_of(person)
        more = sorted(self._transcript.rooms() - {room.id for room in named})
        return [*named, *(_unnamed(room) for room in more if self.may_read(person, room))]

    def _shown(self, room: Room, person: Person) -> ShownRoom:
        seen = self._transcript.seen(person.id, room.id)
        return ShownRoom(room=room, seen=seen, said=list(self._transcript.room(room.id)))


def _unnamed(room: str) -> Room:
    """The bot posts to a conversation that nobody named: it is shown all the same."""
    return Room(id=room, title=room.lstrip("@") or room)
