"""Request and answer over a pair of links: tokens at ``$cbs``, operations at ``$management``."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tests.peers.service_bus.codec import Int32, Symbol, encode_described
from tests.peers.service_bus.errors import (
    MESSAGE_LOCK_LOST,
    MESSAGE_NOT_FOUND,
    NOT_FOUND,
    SERVER_BUSY,
    UNAUTHORIZED,
    AmqpError,
    UnansweredError,
)
from tests.peers.service_bus.links import Link, Node
from tests.peers.service_bus.sections import (
    APPLICATION_PROPERTIES,
    CORRELATION_ID,
    PROPERTIES,
    VALUE,
    split,
)

STATUS_OF = {
    UNAUTHORIZED: 401,
    NOT_FOUND: 404,
    MESSAGE_NOT_FOUND: 404,
    MESSAGE_LOCK_LOST: 410,
    SERVER_BUSY: 503,
}
BAD_REQUEST = 400


@dataclass(frozen=True)
class Request:
    """What a client asks for."""

    properties: dict[str, Any]
    body: Any


@dataclass(frozen=True)
class Answer:
    """What it is told."""

    status: int
    body: Any
    description: str = "OK"
    condition: str | None = None


Respond = Callable[[Request], Answer]


class Answers(Node):
    """The link that carries answers to the client."""


class Requests(Node):
    """The link that carries requests; each is answered on the other link of the pair."""

    def __init__(self, link: Link, respond: Respond) -> None:
        self._link = link
        self._respond = respond

    def on_message_settled(self, payload: bytes) -> None:
        sections = split(payload)
        back = self._way_back()
        if back is None:
            return  # the client left in the meantime
        try:
            answer = self._respond(Request(sections.application_properties, sections.value))
        except AmqpError as error:
            status = STATUS_OF.get(error.condition, BAD_REQUEST)
            answer = Answer(status, {}, error.description, error.condition)
        except UnansweredError:
            return
        back.deliver(_encode(answer, sections.message_id), uuid4().bytes, is_settled=True)

    def _way_back(self) -> Link | None:
        """Find the other link; a client has one pair for each session and address."""
        for link in self._link.session.links.values():
            if isinstance(link.node, Answers) and link.address == self._link.address:
                return link
        return None


def _encode(answer: Answer, message_id: Any) -> bytes:
    # Both spellings: the token link reads one, the management link the other.
    properties: dict[str, Any] = {
        "status-code": Int32(answer.status),
        "statusCode": Int32(answer.status),
        "status-description": answer.description,
        "statusDescription": answer.description,
    }
    if answer.condition is not None:
        properties["error-condition"] = Symbol(answer.condition)
        properties["errorCondition"] = Symbol(answer.condition)
    return (
        encode_described(PROPERTIES, [*[None] * CORRELATION_ID, message_id])
        + encode_described(APPLICATION_PROPERTIES, properties)
        + encode_described(VALUE, answer.body)
    )
