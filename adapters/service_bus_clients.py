"""The clients of one Service Bus queue, and how patient they are."""

from collections.abc import Callable
from functools import partial
from typing import Self

import msgspec
from azure.core.credentials_async import AsyncTokenCredential
from azure.servicebus import ServiceBusSubQueue
from azure.servicebus.aio import ServiceBusClient, ServiceBusReceiver, ServiceBusSender

from adapters.service_bus_receiver import SharedReceiver


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long the queue may keep us waiting, in seconds.

    ``try_s`` bounds one attempt and cannot be below 1: a link takes that long to open. ``send_s``
    bounds a send with all its attempts, so that a webhook is answered in time. ``settle_s`` is how
    long the outcome of a settlement may take before the SDK settles again, another way.
    """

    try_s: float = 4.0
    send_s: float = 10.0
    settle_s: float = 5.0
    retries: int = 3
    backoff_s: float = 0.2


class Clients:
    """The SDK tries a send again; a shared receiver does so itself, hence its ``retry_total=0``."""

    def __init__(
        self, connect: Callable[..., ServiceBusClient], queue: str, patience: Patience
    ) -> None:
        self.queue = queue
        self.patience = patience
        times = {"try_timeout": patience.try_s, "retry_backoff_factor": patience.backoff_s}
        self._sending = connect(retry_total=patience.retries, **times)
        self._receiving = connect(retry_total=0, **times)

    @classmethod
    def from_connection_string(
        cls, connection_string: str, queue: str, patience: Patience | None = None
    ) -> Self:
        connect = partial(ServiceBusClient.from_connection_string, connection_string)
        return cls(connect, queue, patience or Patience())

    @classmethod
    def from_namespace(
        cls,
        namespace: str,
        queue: str,
        credential: AsyncTokenCredential,
        patience: Patience | None = None,
    ) -> Self:
        """``namespace`` is its host name; the credential stays its owner's to close."""
        connect = partial(ServiceBusClient, namespace, credential)
        return cls(connect, queue, patience or Patience())

    def sender(self) -> ServiceBusSender:
        return self._sending.get_queue_sender(self.queue)

    def receiver(self) -> SharedReceiver:
        return self._shared(None)

    def dead_letter_receiver(self) -> SharedReceiver:
        return self._shared(ServiceBusSubQueue.DEAD_LETTER)

    def _shared(self, sub_queue: ServiceBusSubQueue | None) -> SharedReceiver:
        return SharedReceiver(
            partial(self._build, sub_queue),
            retries=self.patience.retries,
            backoff_s=self.patience.backoff_s,
        )

    def _build(self, sub_queue: ServiceBusSubQueue | None) -> ServiceBusReceiver:
        # No prefetch: the lock of a message in a buffer runs down while nobody works on it.
        # ``timeout`` is the wait for a settlement's outcome: the client would pass it to nobody.
        return self._receiving.get_queue_receiver(
            self.queue, sub_queue=sub_queue, prefetch_count=0, timeout=self.patience.settle_s
        )
