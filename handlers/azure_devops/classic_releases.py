"""``ms.vss-release.*``: approvals of classic release pipelines, which are none of ours."""

from collections.abc import Iterator
from typing import Final

from core.events.base import Event
from handlers.azure_devops.hook import ServiceHook, ignored, source
from handlers.source import Delivery

NOT_OURS: Final = (
    "it is about a classic release pipeline, and Sluss reads those of YAML alone: the subscription "
    "can be removed"
)


@source.on("ms.vss-release.*", ServiceHook)
def classic(delivery: Delivery[ServiceHook]) -> Iterator[Event]:
    yield ignored(delivery, NOT_OURS)
