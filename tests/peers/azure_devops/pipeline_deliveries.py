"""Bodies of the service hooks of pipelines: builds, runs, stages and approvals."""

from collections.abc import Callable

from tests.peers.azure_devops.happenings import Happening
from tests.peers.azure_devops.shapes import Json

RESOURCES: dict[str, Callable[[Happening, str, str], Json]] = {}


def text(happening: Happening) -> str:
    return happening.event_type
