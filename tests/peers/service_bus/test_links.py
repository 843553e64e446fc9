"""The credit of a link, where the real client would not notice a mistake."""

from typing import Any

from tests.peers.service_bus.frames import Performative
from tests.peers.service_bus.links import Link


class RecordingSession:
    """Keeps the flows that a link sends."""

    def __init__(self) -> None:
        self.links: dict[int, Link] = {}
        self.flows: list[dict[str, Any]] = []

    def send(self, performative: Performative, payload: bytes = b"", **fields: Any) -> None:
        pass

    def send_flow(self, **fields: Any) -> None:
        self.flows.append(fields)

    def deliver(self, link: Link, payload: bytes, tag: bytes, *, is_settled: bool) -> None:
        pass


def receiving_link(session: RecordingSession) -> Link:
    attach = {"name": "a", "handle": 3, "role": True, "source": None, "target": None}
    link = Link(session, {**attach, "snd_settle_mode": None, "rcv_settle_mode": None})
    link.accept(max_message_bytes=100)
    return link


def flow(credit: int, seen: int = 0, *, drain: bool = False) -> dict[str, Any]:
    return {"delivery_count": seen, "link_credit": credit, "drain": drain, "echo": False}


def test_a_drain_uses_up_the_credit_and_says_so():
    session = RecordingSession()
    link = receiving_link(session)
    link.on_flow(flow(5, drain=True))
    assert session.flows == [{"handle": 3, "delivery_count": 5, "link_credit": 0, "drain": True}]
    assert not link.has_room()


def test_credit_counts_what_is_already_on_its_way():
    link = receiving_link(RecordingSession())
    link.on_flow(flow(2))
    link.deliver(b"first", b"tag")
    link.on_flow(flow(2))  # the client had not seen the first when it gave this
    assert link.credit == 1


def test_a_detached_link_has_no_room():
    link = receiving_link(RecordingSession())
    link.on_flow(flow(2))
    link.close()
    assert not link.has_room()
