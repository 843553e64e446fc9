"""What every event carries."""

from datetime import datetime
from typing import ClassVar

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """``time`` is when it happened, in UTC; ``caused_by`` the id of the event it follows from."""

    is_for_desk: ClassVar[bool] = False  # it belongs to the stream ``platform``, whatever it names

    id: str
    time: datetime
    source: str = "sluss"
    caused_by: str = ""
    delivery: str = ""  # the delivery that brought it, for events from outside
