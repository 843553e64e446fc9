"""Refusals of the peer, and the faults that a test injects in place of an answer."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

NOT_ALLOWED = "amqp:not-allowed"
NOT_FOUND = "amqp:not-found"
NOT_IMPLEMENTED = "amqp:not-implemented"
UNAUTHORIZED = "amqp:unauthorized-access"
DETACH_FORCED = "amqp:link:detach-forced"
MESSAGE_TOO_LARGE = "amqp:link:message-size-exceeded"
MESSAGE_LOCK_LOST = "com.microsoft:message-lock-lost"
MESSAGE_NOT_FOUND = "com.microsoft:message-not-found"
SERVER_BUSY = "com.microsoft:server-busy"

FAULT_KINDS = ("send", "settle", "cbs", "management", "attach")


class PeerError(Exception):
    """An answer of the peer other than success."""


class AmqpError(PeerError):
    """The peer refuses with an AMQP error condition."""

    def __init__(self, condition: str, description: str = "") -> None:
        super().__init__(f"{condition}: {description}")
        self.condition = condition
        self.description = description


class UnansweredError(PeerError):
    """The client hears nothing."""


class RequestLostError(UnansweredError):
    """The request is lost: nothing is done and nothing is answered."""


class AnswerLostError(UnansweredError):
    """The answer is lost: the work is done, the client never hears of it."""


class MalformedError(PeerError):
    """The bytes of the client are no AMQP."""


class Faults:
    """For each kind of request the faults that await it, one for each request in order."""

    def __init__(self) -> None:
        self._pending: dict[str, list[PeerError]] = {kind: [] for kind in FAULT_KINDS}

    def __getitem__(self, kind: str) -> list[PeerError]:
        return self._pending[kind]

    def __setitem__(self, kind: str, faults: Iterable[PeerError]) -> None:
        self._pending[kind][:] = faults  # a misspelt kind is a KeyError here, not a silent no-op

    @contextmanager
    def injected(self, kind: str) -> Iterator[None]:
        """Raise the next fault of this kind before the work, or after it when the answer is lost."""
        pending = self._pending[kind]
        fault = pending.pop(0) if pending else None
        if fault is not None and not isinstance(fault, AnswerLostError):
            raise fault
        yield
        if fault is not None:
            raise fault
