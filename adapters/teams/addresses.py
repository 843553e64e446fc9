"""Where the conversations of one machine are reached: in its own chat window, by their names."""

from core.conversation import Address


class LocalAddresses:
    """Every conversation is in our own chat window, under its own name."""

    def __init__(self, service_url: str) -> None:
        self._service_url = service_url

    async def find_address(self, conversation: str) -> Address | None:
        return Address(service_url=self._service_url, conversation=conversation)

    async def keep_address(self, conversation: str, address: Address) -> None:
        pass
