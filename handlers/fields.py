"""The kinds of value that a payload may hold: bounded, for what comes from outside may be hostile.

Control characters are refused: some databases cannot store them, and a log line must stay one.
"""

from datetime import UTC, datetime
from typing import Annotated, Final

from msgspec import Meta

_CLEAN: Final = "^[^\\x00-\\x1f\\x7f]*$"
LONGEST: Final = 1024

Name = Annotated[str, Meta(min_length=1, max_length=LONGEST, pattern=_CLEAN)]
Text = Annotated[str, Meta(max_length=LONGEST, pattern=_CLEAN)]  # may be empty
Number = Annotated[int, Meta(ge=0, le=2**63 - 1)]  # what every database takes
ObjectId = Annotated[str, Meta(pattern="^([0-9a-fA-F]{40}|[0-9a-fA-F]{64})$")]  # SHA-1 or SHA-256


def in_utc(moment: datetime | None, otherwise: datetime) -> datetime:
    """The moment in UTC; a time without a zone is taken as UTC."""
    if moment is None:
        return otherwise
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # year 1, east of Greenwich: some senders' way to say "no date"
        return otherwise
