"""Verifies an exported ledger, from its bytes alone: whatever they are, it answers in words.

A line has to be as an export writes it, byte for byte. So nothing can be hidden in another
spelling: a field twice, a field that nobody knows, a number in another form.
"""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

import msgspec

from core.errors import DECODE_ERRORS, LedgerBrokenError
from core.ledger import GENESIS, Entry, chain, hash_data, to_line

HASH: Final = re.compile(r"[0-9a-f]{64}")
SALT: Final = re.compile(r"[0-9a-f]{32}")
FIELDS: Final = Entry.__struct_fields__
LONGEST_WORD: Final = 60

NO_HEAD: Final = (
    "{known!r} is no head: a head has 64 digits and letters a to f. Nothing was verified."
)
UNKNOWN: Final = (
    "No entry has the hash {known}, which was noted as a head. Its entries ({count}) follow "
    "each other, but the ledger was cut off, or written anew, since then; ask for a whole export."
)
NOTHING: Final = "There is no entry in it. Nothing was verified: it says nothing about a ledger."
NO_ENTRY: Final = "Line {number} is no ledger entry: {why}."
SPELLED: Final = "Line {number} is not as an export writes it: {why}."


class Redaction(msgspec.Struct, frozen=True, kw_only=True):
    """An entry whose data was taken out: what it said is gone, and that it was there is not."""

    position: int
    stream: str
    id: str
    type: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """``head`` is the last hash: compare it with one that was written down elsewhere."""

    entries: int
    head: str
    redactions: tuple[Redaction, ...]
    streams: int


def verify(lines: Iterable[bytes], known: str = "") -> Verdict:
    """Check an exported ledger from its first line to its last; raise LedgerBrokenError.

    ``known`` is a head that was noted earlier: without it nobody sees that the end is cut off.
    """
    if known and not HASH.fullmatch(known):
        raise LedgerBrokenError(NO_HEAD.format(known=known[:80]))
    previous, count, is_known = GENESIS, 0, not known
    versions, redactions = dict[str, int](), list[Redaction]()
    for count, line in enumerate(lines, start=1):
        found = _decode(line, count)
        _Line(found, count).verify(previous, versions.get(found.stream, 0))
        versions[found.stream], previous = found.version, found.hash
        is_known = is_known or found.hash == known
        if not found.data:
            redactions.append(_redaction(found))
    if not count:
        raise LedgerBrokenError(NOTHING)
    if not is_known:
        raise LedgerBrokenError(UNKNOWN.format(known=known, count=count))
    return Verdict(
        entries=count, head=previous, redactions=tuple(redactions), streams=len(versions)
    )


def _redaction(found: Entry) -> Redaction:
    return Redaction(position=found.position, stream=found.stream, id=found.id, type=found.type)


def _decode(line: bytes, number: int) -> Entry:
    try:
        found = msgspec.json.decode(line, type=Entry)
        anew = to_line(found)
    except DECODE_ERRORS as error:
        raise LedgerBrokenError(NO_ENTRY.format(number=number, why=_first(error))) from None
    if anew != line:
        why = next(_differences(line), "blanks, or a number or a letter in another form")
        raise LedgerBrokenError(SPELLED.format(number=number, why=why))
    return found


def _differences(line: bytes) -> Iterator[str]:
    """Say in what a line differs that holds all of an entry."""
    if not line.endswith(b"}\n"):
        yield "it does not end with its entry and a new line"
    names = [name for name, _ in json.loads(line, object_pairs_hook=_pairs)]
    yield from (f"it has {name!r} twice" for name in FIELDS if names.count(name) > 1)
    if names != list(FIELDS):
        yield "its fields stand in another order"


def _pairs(pairs: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return pairs


def _first(error: Exception) -> str:
    return str(error).partition("\n")[0][:200] or type(error).__name__


class _Line:
    """An entry at its place in the file."""

    def __init__(self, entry: Entry, number: int) -> None:
        self._entry = entry
        self._number = number

    def verify(self, previous: str, version: int) -> None:
        found = self._entry
        for is_well, what in (
            (found.position == self._number, f"should have the position {self._number}"),
            (found.previous == previous, "does not follow the line before it"),
            (found.version == version + 1, f"comes after version {version}: one is missing"),
            (self._has_forms(), "has a hash, a salt or a time that is none"),
            (self._holds_data(), "was changed: its data and its salt do not give their hash"),
            (self._hash(previous) == found.hash, "has a hash that does not fit its content"),
            (not found.data or _fits(found), "has data that tell of another event than its head"),
        ):
            if not is_well:
                self._break(what)

    def _has_forms(self) -> bool:
        """A redacted entry has no salt either: guesses of what it said could be tried with it."""
        found = self._entry
        has_salt = SALT.fullmatch(found.salt) if found.data else not found.salt
        hashes = (found.data_hash, found.previous, found.hash)
        return bool(has_salt and all(map(HASH.fullmatch, hashes)) and _moment(found.time))

    def _holds_data(self) -> bool:
        found = self._entry
        return not found.data or hash_data(found.salt, found.data) == found.data_hash

    def _hash(self, previous: str) -> str:
        found = self._entry
        head = (found.stream, found.version, found.id, found.type, found.time)
        return chain(previous, *head, found.data_hash)

    def _break(self, what: str) -> None:
        found = self._entry
        stream = ascii(found.stream[:LONGEST_WORD])[1:-1]
        place = f"position {found.position}, {stream} version {found.version}"
        raise LedgerBrokenError(f"Line {self._number} ({place}) {what}.")


class _Told(msgspec.Struct):
    """What an entry's data says of the event that it is."""

    id: str
    type: str
    time: datetime | None = None
    caused_by: str = ""


def _fits(found: Entry) -> bool:
    """Data that is no event fits no head."""
    try:
        told = msgspec.json.decode(found.data, type=_Told)
    except DECODE_ERRORS:
        return False
    head = (found.id, found.type, _moment(found.time), found.caused_by)
    return (told.id, told.type, told.time, told.caused_by) == head


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None and found.isoformat() == text else None
