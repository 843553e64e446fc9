"""Makes the links to one Service Bus queue: for sending, receiving, and its dead letters."""

from functools import partial
from typing import Self

from azure.core.credentials_async import AsyncTokenCredential
from azure.servicebus import ServiceBusSubQueue
from azure.servicebus.aio import ServiceBusClient, ServiceBusReceiver, ServiceBusSender

from adapters.service_bus.link import Patience, SteadyLink


class Clients:
    """``client`` must not retry by itself (``retry_total=0``), as the links do."""

    def __init__(self, client: ServiceBusClient, queue: str, patience: Patience) -> None:
        self.queue = queue
        self.patience = patience
        self._client = client

    @classmethod
    def from_connection_string(
        cls, connection_string: str, queue: str, patience: Patience | None = None
    ) -> Self:
        patience = patience or Patience()
        client = ServiceBusClient.from_connection_string(
            connection_string, retry_total=0, try_timeout=patience.try_s
        )
        return cls(client, queue, patience)

    @classmethod
    def from_namespace(
        cls,
        namespace: str,
        queue: str,
        credential: AsyncTokenCredential,
        patience: Patience | None = None,
    ) -> Self:
        """``namespace`` is a host name; the caller closes the credential."""
        patience = patience or Patience()
        client = ServiceBusClient(namespace, credential, retry_total=0, try_timeout=patience.try_s)
        return cls(client, queue, patience)

    def sender(self) -> SteadyLink[ServiceBusSender]:
        return SteadyLink(partial(self._client.get_queue_sender, self.queue), self.patience)

    def receiver(self) -> SteadyLink[ServiceBusReceiver]:
        return SteadyLink(partial(self._receiver, None), self.patience)

    def dead_letter_receiver(self) -> SteadyLink[ServiceBusReceiver]:
        return SteadyLink(partial(self._receiver, ServiceBusSubQueue.DEAD_LETTER), self.patience)

    def _receiver(self, sub_queue: ServiceBusSubQueue | None) -> ServiceBusReceiver:
        # No prefetch: the lock of a message in a buffer runs down while nobody works on it.
        # ``timeout`` is the wait for a settlement's outcome: the client does not pass its own on.
        return self._client.get_queue_receiver(
            self.queue, sub_queue=sub_queue, prefetch_count=0, timeout=self.patience.settle_s
        )
