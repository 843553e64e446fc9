"""The operations at a queue's ``$management``.

Documentation: https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-request-response
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from tests.peers.service_bus.codec import Array, Timestamp
from tests.peers.service_bus.errors import NOT_IMPLEMENTED, AmqpError
from tests.peers.service_bus.queue import Queue
from tests.peers.service_bus.requests import Answer, Request
from tests.peers.service_bus.sections import split

VENDOR = "com.microsoft:"
SUCCESS, NO_CONTENT = 200, 204

Body = dict[str, Any]
Operation = Callable[[Queue, Body], Answer]


def manage(queue: Queue, request: Request) -> Answer:
    name = str(request.properties.get("operation"))
    operation = _OPERATIONS.get(name.removeprefix(VENDOR))
    if operation is None:
        raise AmqpError(NOT_IMPLEMENTED, f"This peer has no operation {name}.")
    return operation(queue, request.body)


def _renew_lock(queue: Queue, body: Body) -> Answer:
    ends = [Timestamp(queue.renew(token) * 1000) for token in body["lock-tokens"]]
    return Answer(SUCCESS, {"expirations": Array(ends)})


def _update_disposition(queue: Queue, body: Body) -> Answer:
    settle = _DISPOSITIONS[body["disposition-status"]]
    for token in body["lock-tokens"]:
        settle(queue, token, body)
    return Answer(SUCCESS, {})


def _dead_letter(queue: Queue, token: UUID, body: Body) -> None:
    queue.dead_letter(token, body.get("deadletter-reason"), body.get("deadletter-description"))


def _schedule(queue: Queue, body: Body) -> Answer:
    stored = [queue.put(split(item["message"])) for item in body["messages"]]
    numbers = Array(message.sequence_number for message in stored)
    return Answer(SUCCESS, {"sequence-numbers": numbers})


def _cancel_scheduled(queue: Queue, body: Body) -> Answer:
    queue.cancel_scheduled(body["sequence-numbers"])
    return Answer(SUCCESS, {})


def _peek(queue: Queue, body: Body) -> Answer:
    messages = queue.peek(body["from-sequence-number"], body["message-count"])
    if not messages:
        return Answer(NO_CONTENT, {}, "No Content")
    return Answer(SUCCESS, {"messages": [{"message": each.encode()} for each in messages]})


def _receive_deferred(queue: Queue, body: Body) -> Answer:
    messages = [queue.take_deferred(number) for number in body["sequence-numbers"]]
    items = [{"message": each.encode(), "lock-token": each.lock.token} for each in messages]
    return Answer(SUCCESS, {"messages": items})


_DISPOSITIONS: dict[str, Callable[[Queue, UUID, Body], None]] = {
    "completed": lambda queue, token, _: queue.complete(token),
    "abandoned": lambda queue, token, _: queue.abandon(token),
    "defered": lambda queue, token, _: queue.defer(token),  # the service's own spelling
    "suspended": _dead_letter,
}

_OPERATIONS: dict[str, Operation] = {
    "renew-lock": _renew_lock,
    "update-disposition": _update_disposition,
    "schedule-message": _schedule,
    "cancel-scheduled-message": _cancel_scheduled,
    "peek-message": _peek,
    "receive-by-sequence-number": _receive_deferred,
}
