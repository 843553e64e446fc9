"""platform.yml: which repositories there are, their release branch, and who is told where."""

import re
from typing import Final
from uuid import UUID

import msgspec

from core.words import PLATFORM, Stream

_GUID: Final = re.compile(
    r"[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}", re.IGNORECASE
)


def canonical_id(host_id: str) -> str:
    """Spell a GUID in one way: in small letters, with hyphens and without braces.

    A host of git, a person and a script each write it as they like; what is no GUID stays as it is.
    """
    bare = host_id.strip()
    if (bare[:1], bare[-1:]) in {("{", "}"), ("(", ")")}:
        bare = bare[1:-1]
    return str(UUID(bare)) if _GUID.fullmatch(bare) else host_id


class Repository(msgspec.Struct, frozen=True, kw_only=True):
    """``id`` is the host's id; ``name`` (letters, digits, ``_``, ``.``) names the stream."""

    id: str
    name: Stream
    team: str
    release_branch: str = "main"
    location: str = ""  # where the git host finds it: a folder, or an address

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "id", canonical_id(self.id))


class Platform(msgspec.Struct, frozen=True, kw_only=True):
    """``conversations`` maps a team to its conversation; ``*`` is everybody else's."""

    repositories: tuple[Repository, ...] = ()
    conversations: dict[str, str] = msgspec.field(default_factory=lambda: {"*": "general"})

    def repository(self, host_id: str) -> Repository | None:
        """Return what has this id of the host, however that is spelled."""
        wanted = canonical_id(host_id)
        return next((known for known in self.repositories if known.id == wanted), None)

    def named(self, stream: Stream) -> Repository | None:
        return next((known for known in self.repositories if known.name == stream), None)

    def conversation(self, *readers: str) -> str:
        """Where the first of these teams or groups that has a conversation meets; else ``*``."""
        rooms = {name.casefold(): room for name, room in self.conversations.items()}
        found = (rooms[name.casefold()] for name in readers if name.casefold() in rooms)
        return next(found, self.conversations.get("*", "general"))

    def problems(self) -> list[str]:
        """What would make two streams one, or a stream somebody else's; empty when all is well."""
        names = [known.name for known in self.repositories]
        ids = [known.id for known in self.repositories]
        twice = [name for name in {*names} if names.count(name) > 1]
        same = [host_id for host_id in {*ids} if ids.count(host_id) > 1]
        return [
            *(f"repository name {name!r} is given twice" for name in sorted(twice)),
            *(f"repository id {host_id!r} is given twice" for host_id in sorted(same)),
            *(f"{PLATFORM!r} is not free as a name" for name in names if name == PLATFORM),
        ]
