"""Queues of Azure Service Bus: the settings of their namespace, and how a queue is built."""

import msgspec

from adapters.service_bus.clients import Clients
from adapters.service_bus.queue import ServiceBusQueue
from core.errors import SettingsError

NO_WAY_IN = (
    "SLUSS_SERVICE_BUS names {namespace}, but the secret service_bus_connection is not set. "
    "Nothing was started; set SLUSS_SECRET_SERVICE_BUS_CONNECTION to a connection string of it."
)
ANOTHER = (
    "The secret service_bus_connection is not of {namespace}, which SLUSS_SERVICE_BUS names. "
    "Nothing was started; set both for one namespace."
)


class ServiceBusSettings(msgspec.Struct, frozen=True, kw_only=True):
    """``namespace`` is a host name such as ``bank.servicebus.windows.net``; with "" any will do."""

    namespace: str = ""
    connection_string: str = ""

    def check(self) -> None:
        """Raise SettingsError without a connection string, or for one of another namespace."""
        if not self.connection_string:
            raise SettingsError(NO_WAY_IN.format(namespace=self.namespace))
        if self.namespace and f"//{self.namespace}".casefold() not in self._endpoint().casefold():
            raise SettingsError(ANOTHER.format(namespace=self.namespace))

    def _endpoint(self) -> str:
        parts = self.connection_string.split(";")
        found = (part for part in parts if part.casefold().startswith("endpoint="))
        return next(found, "")

    def __repr__(self) -> str:
        return f"ServiceBusSettings(namespace={self.namespace!r})"


def build(settings: ServiceBusSettings, queue: str) -> ServiceBusQueue:
    settings.check()
    return ServiceBusQueue(Clients.from_connection_string(settings.connection_string, queue))
