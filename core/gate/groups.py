"""What GBI's variable groups hold for a stage: as an adapter reads it, and as checks know it."""

from collections.abc import Iterable, Mapping

import msgspec


class AmissGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A group that is not as platform.yml says: what is wrong, and what mends it."""

    wrong: str
    mend: str


class StageGroups(msgspec.Struct, frozen=True, kw_only=True):
    """What the groups of one stage hold, by names in upper case, as Azure has no case for them.

    ``secrets`` are set, and nobody can read their values here: secret variables, and those of a
    key vault. Where a group is ``amiss``, or ``unread`` says why nobody could look, the rest is not
    the whole, and nothing in it is missing.
    """

    values: Mapping[str, str] = {}
    secrets: frozenset[str] = frozenset()
    amiss: tuple[AmissGroup, ...] = ()
    unread: str = ""

    @property
    def problem(self) -> str:
        """Why these are not the values of the stage, in words, or ""."""
        return self.unread or " ".join(f"{each.wrong}: {each.mend}." for each in self.amiss)


def merged(groups: Iterable[Mapping[str, str | None]]) -> StageGroups:
    """The groups of a stage as one: a later one wins, None is a secret, and a blank is nothing."""
    found: dict[str, str | None] = {}
    for group in groups:
        found.update({name.upper(): value for name, value in group.items()})
    return StageGroups(
        values={name: value for name, value in found.items() if value is not None},
        secrets=frozenset(name for name, value in found.items() if value is None),
    )


class GroupFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a check may know of the groups of a stage.

    ``names`` are all that is set, ``secrets`` those of them whose value nobody can read here.
    ``prefilled`` are values that people may see, of secrets their names alone. ``principal`` is
    the service principal of the stage, "" where it has none or where it is a secret.
    """

    names: frozenset[str] = frozenset()
    secrets: frozenset[str] = frozenset()
    prefilled: Mapping[str, str] = {}
    principal: str = ""
    amiss: tuple[AmissGroup, ...] = ()
    unread: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether what is not in it is missing, and not only unseen."""
        return not (self.amiss or self.unread)
