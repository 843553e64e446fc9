"""The requests that were made, for tests that count them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass
class Request:
    method: str
    path: str  # without the organisation
    query: dict[str, str]
    api_version: str
    identity: str = ""  # the unique name; empty where the credential was none
    is_write: bool = False
    status: int = 0  # 0 where the connection was cut


class Calls:
    """Requests in their order; ``since`` and ``to`` narrow them down."""

    def __init__(self, requests: Iterable[Request] = ()) -> None:
        self._requests = list(requests)

    def __iter__(self) -> Iterator[Request]:
        return iter(list(self._requests))

    def __len__(self) -> int:
        return len(self._requests)

    def add(self, request: Request) -> None:
        self._requests.append(request)

    def mark(self) -> int:
        return len(self._requests)

    def since(self, mark: int) -> "Calls":
        return Calls(self._requests[mark:])

    def to(self, method: str, path: str = "") -> "Calls":
        """Those whose method and path match both regular expressions, in any case."""
        return Calls(
            request
            for request in self
            if re.fullmatch(method, request.method, re.IGNORECASE)
            and re.search(path, request.path, re.IGNORECASE)
        )

    @property
    def reads(self) -> int:
        return sum(not request.is_write for request in self)

    @property
    def writes(self) -> int:
        return sum(request.is_write for request in self)
