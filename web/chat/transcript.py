"""What was said in each room, kept as JSON lines so that a restart keeps the window's history."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import msgspec

from core.errors import DECODE_ERRORS, UnknownNameError

KEPT = 300  # the newest of each room; the ledger remembers the rest


class Said(msgspec.Struct, frozen=True, kw_only=True, tag="said"):
    """One activity as it is now. ``position`` orders all rooms; ``changed`` grows with updates."""

    id: str
    room: str
    position: int
    changed: int
    at: str  # ISO 8601, UTC
    by: str  # a person's id; "" is the bot
    text: str = ""
    card: dict[str, Any] | None = None
    is_deleted: bool = False


class Seen(msgspec.Struct, frozen=True, kw_only=True, tag="seen"):
    """How far a person has read a room."""

    person: str
    room: str
    position: int


Line = Said | Seen


class Transcript:
    """One writer, the loop's own thread: a line is a few KB and goes to the page cache."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._said: dict[str, Said] = {}
        self._seen: dict[tuple[str, str], int] = {}
        self._position = 0
        self._load()

    def say(
        self, room: str, *, by: str, at: str, text: str = "", card: dict[str, Any] | None = None
    ) -> Said:
        place = self._position + 1
        said = Said(
            id=f"a{place}",
            room=room,
            position=place,
            changed=place,
            at=at,
            by=by,
            text=text,
            card=card,
        )
        self._write(said)
        return said

    def change(self, room: str, activity: str, **changes: Any) -> Said:
        """Raise UnknownNameError when the activity was never posted, or was taken away."""
        known = self.find(room, activity)
        changed = msgspec.structs.replace(known, changed=self._position + 1, **changes)
        self._write(changed)
        return changed

    def find(self, room: str, activity: str) -> Said:
        known = self._said.get(activity)
        if known is None or known.room != room or known.is_deleted:
            raise UnknownNameError("message", activity)
        return known

    def see(self, person: str, room: str) -> Seen:
        """The person has seen all of the room, up to now."""
        newest = max((said.changed for said in self.room(room)), default=0)
        seen = Seen(person=person, room=room, position=newest)
        if self._seen.get((person, room), 0) < newest:
            self._write(seen)
        return seen

    def seen(self, person: str, room: str) -> int:
        return self._seen.get((person, room), 0)

    def room(self, room: str) -> Iterator[Said]:
        """What was said there, in the order of posting; an updated card stays in its place."""
        return (said for said in self._said.values() if said.room == room and not said.is_deleted)

    def rooms(self) -> set[str]:
        return {said.room for said in self._said.values()}

    def _load(self) -> None:
        """A line that a crash has cut is the last one, and is left out."""
        if not self._path.exists():
            return
        decoder: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)
        for line in self._path.read_bytes().splitlines():
            try:
                self._fold(decoder.decode(line))
            except DECODE_ERRORS:
                continue
        self._compact()

    def _fold(self, line: Line) -> None:
        if isinstance(line, Seen):
            self._seen[line.person, line.room] = line.position
            return
        self._said[line.id] = line
        self._position = max(self._position, line.changed)

    def _compact(self) -> None:
        """Write only what is shown, so that the file does not grow with every update."""
        for room in self.rooms():
            for old in list(self.room(room))[:-KEPT]:
                del self._said[old.id]
        seen = [Seen(person=p, room=r, position=n) for (p, r), n in self._seen.items()]
        lines: list[Line] = [*self._said.values(), *seen]
        fresh = self._path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with _opened(fresh) as file:
            file.write(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
        fresh.replace(self._path)

    def _write(self, line: Line) -> None:
        self._fold(line)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with _opened(self._path) as file:
            file.write(msgspec.json.encode(line) + b"\n")


def _opened(path: Path) -> IO[bytes]:
    """Open a file to append to it; it is its owner's alone, as people say there what they think."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab")
