"""What the evaluator answers: a tree of what is met, what is missing and what bars, in words."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Optional

import msgspec


class Standing(StrEnum):
    """How a condition stands.

    ``missing``: something has to come first, such as another stage, a mended finding or a reason.
    ``barred``: nothing that this person waits for or adds changes it.
    """

    MET = "met"
    MISSING = "missing"
    BARRED = "barred"


class Condition(StrEnum):
    """What has to hold, by name: the leaves of a ruling."""

    RELEASE = "release"  # there is such a release
    IDENTITY = "identity"  # we know who asks
    TEAM = "team"  # the person belongs to the model's team
    REQUESTER = "requester"  # the person is who asked
    GROUP = "group"  # the person belongs to a group that the policy names
    CONTRIBUTORS = "contributors"  # everybody who had a hand in it is known
    FOUR_EYES = "four eyes"  # the person had no hand in it, or gains nothing by it
    STATE = "state"  # the release is where this can be done
    ORDER = "order"  # stages one after the other, no older release over a newer one
    OPEN = "open"  # the approval is still to be decided, the letter still to be sent again
    ADDRESS = "address"  # the address can be mapped: it is one, and the directory has it not
    PERSON = "person"  # the directory knows whom it is mapped to
    WORDS = "words"  # purpose, outcome or reason were written
    GATE = "gate"  # no finding stands in the way
    BOUND = "bound"  # what was asked about is what would be approved


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """Whether something may be done. ``reason`` is the first thing in the way, in words.

    ``who_can`` says who could instead; of a ruling that is met, who else could.
    """

    about: str
    standing: Standing = Standing.MET
    reason: str = ""
    who_can: str = ""
    parts: tuple["Ruling", ...] = ()

    @property
    def is_met(self) -> bool:
        return self.standing is Standing.MET

    def part(self, about: str) -> Optional["Ruling"]:
        """The condition of that name, or None when it was not reached."""
        return next((found for found in self.parts if found.about == about), None)


def met(about: str, who_can: str = "") -> Ruling:
    return Ruling(about=about, who_can=who_can)


def missing(about: str, reason: str, who_can: str = "") -> Ruling:
    return Ruling(about=about, standing=Standing.MISSING, reason=reason, who_can=who_can)


def barred(about: str, reason: str, who_can: str = "") -> Ruling:
    return Ruling(about=about, standing=Standing.BARRED, reason=reason, who_can=who_can)


def all_of(about: str, parts: Iterable[Ruling]) -> Ruling:
    """Every part has to be met; the first that is not speaks for all of them."""
    found = tuple(parts)
    unmet = [part for part in found if not part.is_met]
    if not unmet:
        who_can = next((part.who_can for part in found if part.who_can), "")
        return Ruling(about=about, who_can=who_can, parts=found)
    bars = any(part.standing is Standing.BARRED for part in unmet)
    return Ruling(
        about=about,
        standing=Standing.BARRED if bars else Standing.MISSING,
        reason=unmet[0].reason,
        who_can=unmet[0].who_can,
        parts=found,
    )
