"""Finds the rows that two sketches share, starting from their shared fingerprints.

A fingerprint covers part of a copy only. From each one we walk up and down while the rows of both
sides look the same, and step over a few rows that were changed, added or removed. Parts that are
near each other on both sides are one copy.
"""

from collections.abc import Collection
from itertools import product
from typing import Final, NamedTuple

import msgspec

from core.gate.sketch import Sketch

MOST_BETWEEN: Final = 12  # Parts of one copy are at most this many rows apart, on either side.
MOST_SKIPPED: Final = 4  # Walking steps over at most this many rows of either side at a change.
AGAIN: Final = 3  # This many equal rows must follow a change before walking goes on.
# Pairs of rows to step over on our side and on theirs, the shortest steps first.
SKIPS: Final = sorted(product(range(MOST_SKIPPED + 1), repeat=2), key=sum)[1:]
MOST_OPEN: Final = 8  # A fingerprint may join one of the last this many parts.


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """A range of rows on each side; ``same`` counts those of ours that look like theirs."""

    first: int
    last: int
    other_first: int
    other_last: int
    same: int
    has_drifted: bool

    def is_copy(self, min_rows: int) -> bool:
        """Tell whether it is long and dense enough: idioms that happen to be near are no copy."""
        return self.same >= min_rows and 2 * self.same > self.last - self.first


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """A sketch of ours; the rows in ``cut`` are template code and not compared."""

    sketch: Sketch
    cut: frozenset[int] = frozenset()


class _Anchor(NamedTuple):
    """The rows of a shared fingerprint on both sides; it may cover the outer rows only in part."""

    first: int
    last: int
    other_first: int
    other_last: int


def without(sketch: Sketch, known: Collection[int]) -> Own:
    """Remove the known fingerprints from a sketch, and mark the rows that they cover as cut."""
    prints = {value: rows for value, rows in sketch.prints.items() if value not in known}
    spans = (rows for value, rows in sketch.prints.items() if value in known)
    cut = frozenset(row for first, last in spans for row in range(first, last + 1))
    return Own(sketch=msgspec.structs.replace(sketch, prints=prints), cut=cut)


def stretches(ours: Own, theirs: Sketch) -> list[Stretch]:
    mine = ours.sketch.prints
    shared = mine.keys() & theirs.prints.keys()
    anchors = sorted(_Anchor(*mine[value], *theirs.prints[value]) for value in shared)
    copies: list[_Copy] = []
    for anchor in anchors:
        near = (copy for copy in reversed(copies[-MOST_OPEN:]) if copy.is_near(anchor))
        copy = next(near, None)
        if copy is None:
            copy = _Copy(ours, theirs)
            copies.append(copy)
        copy.add(anchor)
    return [copy.stretch() for copy in copies if copy.rows and copy.others]


class _Copy:
    """A copy that grows by anchors; ``rows`` of ours are the same as ``others`` of theirs."""

    def __init__(self, ours: Own, theirs: Sketch) -> None:
        self._looks = ours.sketch.looks
        self._cut = ours.cut
        self._other_looks = theirs.looks
        self._last = self._other_first = self._other_last = 0
        self.rows: set[int] = set()
        self.others: set[int] = set()

    def is_near(self, anchor: _Anchor) -> bool:
        """Tell whether the anchor continues this copy: in the same order, not too far behind."""
        if not self._other_first <= anchor.other_first <= self._other_last + MOST_BETWEEN:
            return False
        return anchor.first <= self._last + MOST_BETWEEN

    def add(self, anchor: _Anchor) -> None:
        """Add the rows of an anchor.

        Its inner rows count without a comparison, as the two sides may break lines differently; its
        first and last row may belong to it only in part, so walking compares them.
        """
        inner = range(anchor.first + 1, anchor.last)
        self.rows.update(row for row in inner if row not in self._cut)
        self.others.update(range(anchor.other_first + 1, anchor.other_last))
        self._walk(anchor.first, anchor.other_first, -1)
        last, other_last = self._walk(anchor.last, anchor.other_last, 1)
        self._last = max(self._last, last)
        self._other_last = max(self._other_last, other_last)
        self._other_first = anchor.other_first

    def stretch(self) -> Stretch:
        first, last = min(self.rows), max(self.rows)
        other_first, other_last = min(self.others), max(self.others)
        one, other = self._looks[first : last + 1], self._other_looks[other_first : other_last + 1]
        return Stretch(
            first=first,
            last=last,
            other_first=other_first,
            other_last=other_last,
            same=len(self.rows),
            has_drifted=one != other,
        )

    def _walk(self, row: int, other: int, step: int) -> tuple[int, int]:
        """Walk until both sides differ for good, or we meet rows that were walked before."""
        while True:
            while self._is_new(row, other):
                self.rows.add(row)
                self.others.add(other)
                row, other = row + step, other + step
            again = None if row in self.rows else self._again(row, other, step)
            if again is None:
                return row, other
            row, other = again

    def _again(self, row: int, other: int, step: int) -> tuple[int, int] | None:
        """Return the rows where both sides agree again, past a change; None when they do not."""
        for skipped, other_skipped in SKIPS:
            here, there = row + step * skipped, other + step * other_skipped
            ahead = range(0, step * AGAIN, step)
            if all(self._is_new(here + more, there + more) for more in ahead):
                return here, there
        return None

    def _is_new(self, row: int, other: int) -> bool:
        """Tell whether both rows look the same, and ours is neither cut nor walked before."""
        if not (0 <= row < len(self._looks) and 0 <= other < len(self._other_looks)):
            return False
        if row in self._cut or row in self.rows:
            return False
        return self._looks[row] >> 16 == self._other_looks[other] >> 16
