"""What the Service Bus client raises, said in our words."""

from collections.abc import Iterator
from contextlib import contextmanager

from azure.servicebus.exceptions import (
    MessageAlreadySettled,
    MessageLockLostError,
    MessageSizeExceededError,
    MessagingEntityDisabledError,
    MessagingEntityNotFoundError,
    ServiceBusAuthenticationError,
    ServiceBusAuthorizationError,
    ServiceBusError,
    ServiceBusQuotaExceededError,
    ServiceBusServerBusyError,
)

from core.errors import LockLostError, MessageTooLargeError, QueueUnavailableError

# What timed out may yet have happened: hence "counts as", and hence the fixed message ids.
NO_RIGHT = (
    "Service Bus refuses our identity at queue {queue!r}. Nothing counts as done; check the"
    " connection string, or that our identity has the roles Azure Service Bus Data Sender and"
    " Data Receiver on the namespace."
)
NO_QUEUE = (
    "Service Bus has no queue {queue!r}. Nothing counts as done; check the queue's name and the"
    " namespace in the settings, and that the queue was deployed."
)
DISABLED = "Queue {queue!r} is disabled. Nothing counts as done; enable it in Service Bus."
FULL = (
    "Queue {queue!r} is full, or its namespace has too many connections. Nothing counts as done;"
    " look at its dead letters and at the workers that should empty it."
)
BUSY = "Service Bus throttles queue {queue!r}. Nothing counts as done; try again later."
UNREACHABLE = "Queue {queue!r} cannot be reached ({error}). Nothing counts as done; try again."

# The first that fits counts: from the special to the general, with the seconds to stay away.
UNAVAILABLE: tuple[tuple[tuple[type[ServiceBusError], ...], str, float], ...] = (
    ((ServiceBusAuthenticationError, ServiceBusAuthorizationError), NO_RIGHT, 30.0),
    ((MessagingEntityNotFoundError,), NO_QUEUE, 30.0),
    ((MessagingEntityDisabledError,), DISABLED, 30.0),
    ((ServiceBusQuotaExceededError,), FULL, 30.0),
    ((ServiceBusServerBusyError,), BUSY, 10.0),  # Azure asks for 10 s
    ((ServiceBusError,), UNREACHABLE, 5.0),
)


@contextmanager
def in_our_words(queue: str) -> Iterator[None]:
    """The client's own text stays in the cause: it may name addresses that nobody needs to see."""
    try:
        yield
    except (MessageAlreadySettled, MessageLockLostError) as error:
        raise LockLostError from error
    except MessageSizeExceededError as error:
        raise MessageTooLargeError from error
    except ServiceBusError as error:
        raise unavailable(queue, error) from error


def unavailable(queue: str, error: ServiceBusError) -> QueueUnavailableError:
    text, retry_after_s = next(
        (text, after_s) for kinds, text, after_s in UNAVAILABLE if isinstance(error, kinds)
    )
    message = text.format(queue=queue, error=type(error).__name__)
    return QueueUnavailableError(message, retry_after_s=retry_after_s)
