"""What the deliveries of a source came to, counted under stable names."""

from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Histogram

from handlers.source import Delivered

ACK_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)


class Outcome(StrEnum):
    """How a delivery was answered, and why."""

    ACCEPTED = "accepted"
    UNKNOWN_TYPE = "unknown_type"  # accepted too: it makes the event DeliveryIgnored
    REJECTED = "rejected"
    UNAUTHENTICATED = "unauthenticated"
    UNAVAILABLE = "unavailable"


class Counters:
    """Of all sources; labels never hold what a sender may choose."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.deliveries = Counter(
            "sluss_deliveries",
            "Deliveries by source and outcome.",
            ("source", "outcome"),
            registry=registry,
        )
        self.events = Counter(
            "sluss_delivery_events",
            "Events that deliveries brought.",
            ("source", "event"),
            registry=registry,
        )
        self.ack_seconds = Histogram(
            "sluss_delivery_ack_seconds",
            "From a delivery's headers to its answer.",
            ("source",),
            registry=registry,
            buckets=ACK_SECONDS,
        )


class SourceCounters:
    """Of one source; every outcome is there from the start, so that a rate sees the first one."""

    def __init__(self, counters: Counters, source: str) -> None:
        self._events = counters.events
        self._source = source
        self._outcomes = {
            outcome: counters.deliveries.labels(source, outcome) for outcome in Outcome
        }
        self._ack_seconds = counters.ack_seconds.labels(source)

    def answered(self, outcome: Outcome, seconds: float) -> None:
        self._outcomes[outcome].inc()
        self._ack_seconds.observe(seconds)

    def stored(self, delivered: Delivered) -> None:
        for event in delivered.events:
            self._events.labels(self._source, type(event).__name__).inc()
