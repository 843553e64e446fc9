"""Opens the queues by lane: files of the home, or queues of one Service Bus namespace."""

from typing import TYPE_CHECKING, Final

from adapters.sqlite_queue.queue import SqliteQueue
from core.jobs import Lane
from core.ports import Queue
from sluss.home.settings import SERVICE_BUS_SECRET, Settings
from sluss.wiring.opening import Opening

if TYPE_CHECKING:
    from adapters.service_bus import ServiceBusSettings


# Before there were lanes all jobs were in jobs.db, so the lane of steps works off the rest.
FILES: Final = {
    Lane.EVENTS: "events.db",
    Lane.CARDS: "cards.db",
    Lane.STEPS: "jobs.db",
    Lane.OBSERVE: "observe.db",
}


def open_queue(settings: Settings, lane: Lane, opening: Opening) -> Queue:
    """Open the queue of a lane, which connects at its first use."""
    if settings.has_service_bus:
        return _on_service_bus(settings, lane, opening)
    queue = SqliteQueue(settings.home / FILES[lane], lane)
    opening.closed_by(queue.close)
    opening.frees.append(queue.free)
    return queue


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
