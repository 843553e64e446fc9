"""platform.yml: which repositories there are, their release branch, and who is told where."""

import msgspec

from core.words import PLATFORM, Stream


class Repository(msgspec.Struct, frozen=True, kw_only=True):
    """``id`` is the host's id; ``name`` (letters, digits, ``_``, ``.``) names the stream."""

    id: str
    name: Stream
    team: str
    release_branch: str = "main"
    location: str = ""  # where the git host finds it: a folder, or an address


class Platform(msgspec.Struct, frozen=True, kw_only=True):
    """``conversations`` maps a team to its conversation; ``*`` is everybody else's."""

    repositories: tuple[Repository, ...] = ()
    conversations: dict[str, str] = msgspec.field(default_factory=lambda: {"*": "general"})

    def repository(self, host_id: str) -> Repository | None:
        return next((known for known in self.repositories if known.id == host_id), None)

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
