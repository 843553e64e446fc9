"""Opens the queues by lane: files of the home, or queues of one Service Bus namespace."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from adapters.sqlite_queue.queue import SqliteQueue
from core.errors import SettingsError
from core.jobs import Lane
from core.ports import Queue
from sluss.home.settings import SERVICE_BUS_SECRET, Settings
from sluss.home.store_url import file_of, is_file
from sluss.wiring.opening import Opening

if TYPE_CHECKING:
    from adapters.service_bus import ServiceBusSettings


# Before there were lanes all jobs were in jobs.db, so the lane of steps works off the rest.
FILES: Final = {
    Lane.EVENTS: "events.db",
    Lane.CARDS: "cards.db",
    Lane.STEPS: "jobs.db",
    Lane.OBSERVE: "observe.db",
    Lane.REVIEWS: "reviews.db",
}
SQLITE: Final = b"SQLite format 3\0"
NO_DATABASE: Final = (
    "{file} cannot be used ({why}). Nothing was started; move it away and put its backup there, or "
    "name another place."
)


def open_queue(settings: Settings, lane: Lane, opening: Opening) -> Queue:
    """Open the queue of a lane, which connects at its first use."""
    if settings.has_service_bus:
        return _on_service_bus(settings, lane, opening)
    queue = SqliteQueue(settings.home / FILES[lane], lane)
    opening.closed_by(queue.close)
    opening.frees.append(queue.free)
    return queue


def refuse_broken_files(settings: Settings) -> None:
    """Raise SettingsError for a file of the ledger or a queue that no start can use.

    A database that is down comes back by itself; such a file does not.
    """
    files = [] if settings.has_service_bus else [settings.home / name for name in FILES.values()]
    if is_file(settings.store_url):
        files.append(file_of(settings.store_url))
    for file in files:
        if why := _flaw(file):
            raise SettingsError(NO_DATABASE.format(file=file, why=why))


def _flaw(file: Path) -> str:
    if not file.parent.is_dir():
        return "its folder is not there"
    if file.exists() and not file.is_file():
        return "it is no file"
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        return "this user may not write to it"
    try:
        with file.open("rb") as opened:
            begins = opened.read(len(SQLITE))
    except FileNotFoundError:
        return ""
    except OSError as error:
        return error.strerror or type(error).__name__
    return "" if begins in (b"", SQLITE) else "it is no database of SQLite"


def refuse_closed_service_bus(settings: Settings) -> None:
    """Raise SettingsError when a Service Bus is named without a way to sign in."""
    if settings.has_service_bus:
        _service_bus(settings).check()


def _service_bus(settings: Settings) -> "ServiceBusSettings":
    # Only here, as its SDK takes a while to import.
    from adapters.service_bus import ServiceBusSettings  # noqa: PLC0415

    return ServiceBusSettings(
        namespace=settings.service_bus,
        connection_string=settings.secrets.find(SERVICE_BUS_SECRET),
    )


def _on_service_bus(settings: Settings, name: str, opening: Opening) -> Queue:
    from adapters.service_bus import build  # noqa: PLC0415

    queue = build(_service_bus(settings), name)
    opening.closed_by(queue.close)
    return queue
