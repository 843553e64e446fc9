"""``sluss status``: whether the server answers, and what waits."""

import json
import urllib.error
import urllib.request
from typing import Any

from core.errors import UnavailableError
from sluss.home.settings import Settings

DOWN = "Sluss does not answer at {url}. Pushes are kept and sent when it is up; run `sluss up`."


def status(settings: Settings) -> dict[str, Any]:
    """What /health/ready says; raise UnavailableError when nobody answers."""
    url = f"{settings.health_url}/health/ready"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own address
            found: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as error:
        found = json.load(error)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        raise UnavailableError(DOWN.format(url=settings.health_url)) from None
    return found
