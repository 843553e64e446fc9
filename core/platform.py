"""platform.yml: which repositories there are, their release branch, and who is told where."""

import re
from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

import msgspec

from core.words import PLATFORM, Stage, Stream

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


Names = str | tuple[str, ...] | None


class GroupNames(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which variable groups hold what GBI fills in: one name, or several of which a later one wins.

    ``common`` is for every stage, and each stage has its own besides. ``shared_from`` is the
    project that keeps the groups and shares them, where that is not the repository's own.
    """

    common: Names = None
    TST: Names = None
    QA: Names = None
    PROD: Names = None
    shared_from: str = ""

    def of(self, stage: Stage) -> tuple[str, ...]:
        """The groups of a stage, in the order in which they count; the stage's own win."""
        return tuple(dict.fromkeys((*_listed(self.common), *_listed(getattr(self, stage)))))

    def before(self, others: "GroupNames") -> "GroupNames":
        """These, and for what they do not say the others."""
        mine = msgspec.structs.asdict(self)
        said = {key: names for key, names in mine.items() if names not in {None, ""}}
        return msgspec.structs.replace(others, **said)

    def problems(self, place: str) -> list[str]:
        lists = {key: _listed(getattr(self, key)) for key in ("common", *Stage)}
        return [
            *(
                f"{place}variable_groups.{key} names a group without a name"
                for key, names in lists.items()
                if any(not name.strip() for name in names)
            ),
            *(
                f"{place}variable_groups.{key} names a group twice"
                for key, names in lists.items()
                if len({name.casefold() for name in names}) < len(names)
            ),
        ]


def _listed(names: Names) -> tuple[str, ...]:
    if isinstance(names, str):
        return (names,)
    return names or ()


class TeamProject(msgspec.Struct, frozen=True, kw_only=True):
    """A project of the host of git, by its ``name`` or its id there."""

    name: str
    variable_groups: GroupNames = GroupNames()


class Repository(msgspec.Struct, frozen=True, kw_only=True):
    """``id`` is the host's id; ``name`` (letters, digits, ``_``, ``.``) names the stream."""

    id: str
    name: Stream
    team: str
    release_branch: str = "main"
    location: str = ""  # where the git host finds it: a folder, or an address
    variable_groups: GroupNames = GroupNames()

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "id", canonical_id(self.id))


class Platform(msgspec.Struct, frozen=True, kw_only=True):
    """``conversations`` maps a team to its conversation; ``*`` is everybody else's.

    ``variable_groups`` are those of every repository; its project and it itself may say others.
    """

    repositories: tuple[Repository, ...] = ()
    conversations: dict[str, str] = msgspec.field(default_factory=lambda: {"*": "general"})
    variable_groups: GroupNames = GroupNames()
    projects: tuple[TeamProject, ...] = ()

    def repository(self, host_id: str) -> Repository | None:
        """Return what has this id of the host, however that is spelled."""
        wanted = canonical_id(host_id)
        return next((known for known in self.repositories if known.id == wanted), None)

    def named(self, stream: Stream) -> Repository | None:
        return next((known for known in self.repositories if known.name == stream), None)

    def group_names(self, host_id: str, *project: str) -> GroupNames:
        """The variable groups of a repository in a project, which is known by its name and id."""
        found, known = self.variable_groups, {_key(name) for name in project}
        for each in self.projects:
            if _key(each.name) in known:
                found = each.variable_groups.before(found)
        repository = self.repository(host_id)
        return repository.variable_groups.before(found) if repository else found

    def conversation(self, *readers: str) -> str:
        """Where the first of these teams or groups that has a conversation meets; else ``*``."""
        rooms = {name.casefold(): room for name, room in self.conversations.items()}
        found = (rooms[name.casefold()] for name in readers if name.casefold() in rooms)
        return next(found, self.conversations.get("*", "general"))

    def problems(self) -> list[str]:
        """What would make two streams one, or a stream somebody else's; empty when all is well."""
        names = [known.name for known in self.repositories]
        ids = [known.id for known in self.repositories]
        projects = [_key(known.name) for known in self.projects]
        return [
            *(f"repository name {name!r} is given twice" for name in _twice(names)),
            *(f"repository id {host_id!r} is given twice" for host_id in _twice(ids)),
            *(f"project {name!r} is given twice" for name in _twice(projects)),
            *(f"{PLATFORM!r} is not free as a name" for name in names if name == PLATFORM),
            *self._group_problems(),
        ]

    def _group_problems(self) -> Iterator[str]:
        yield from self.variable_groups.problems("")
        for project in self.projects:
            yield from project.variable_groups.problems(f"project {project.name}: ")
        for repository in self.repositories:
            yield from repository.variable_groups.problems(f"repository {repository.name}: ")


def _twice(names: Sequence[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def _key(name: str) -> str:
    return canonical_id(name).strip().casefold()
