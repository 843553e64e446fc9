"""The sections of an AMQP message: decoded where the broker reads them, verbatim where it does not.

Specification: https://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-messaging-v1.0-os.html
"""

from dataclasses import dataclass, field
from typing import Any

from tests.peers.service_bus.codec import Cursor, encode_described

HEADER, ANNOTATIONS, PROPERTIES, APPLICATION_PROPERTIES = 0x70, 0x72, 0x73, 0x74
DATA, VALUE = 0x75, 0x77
MESSAGE_ID, CORRELATION_ID = 0, 5  # positions within the properties


@dataclass
class Sections:
    """One message taken apart."""

    header: list[Any] = field(default_factory=list)
    annotations: dict[Any, Any] = field(default_factory=dict)
    properties: list[Any] = field(default_factory=list)
    application_properties: dict[Any, Any] = field(default_factory=dict)
    data: list[bytes] = field(default_factory=list)
    value: Any = None
    body: bytes = b""  # every body section and the footer, as they came

    @property
    def message_id(self) -> Any:
        return self.properties[MESSAGE_ID] if self.properties else None


_NAMES = {
    HEADER: "header",
    ANNOTATIONS: "annotations",
    PROPERTIES: "properties",
    APPLICATION_PROPERTIES: "application_properties",
    VALUE: "value",
}


def split(payload: bytes) -> Sections:
    sections = Sections()
    cursor = Cursor(payload)
    while cursor.position < len(payload):
        start = cursor.position
        section = cursor.value()
        code = int(section.descriptor)
        if code in _NAMES:
            setattr(sections, _NAMES[code], section.value)
        if code == DATA:
            sections.data.append(section.value)
        if code >= DATA:
            sections.body += payload[start : cursor.position]
    return sections


def join(sections: Sections) -> bytes:
    payload = b""
    for code in (HEADER, ANNOTATIONS, PROPERTIES, APPLICATION_PROPERTIES):
        if value := getattr(sections, _NAMES[code]):
            payload += encode_described(code, value)
    return payload + sections.body
