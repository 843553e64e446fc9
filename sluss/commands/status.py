"""``sluss status``: whether the server answers, and what waits."""

import json
import urllib.error
import urllib.request
from typing import Any, Final

from core.errors import UnavailableError
from sluss.home.settings import Settings

NO_PROXY: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # it is here
DOWN = "Sluss does not answer at {url}. Pushes are kept and sent when it is up; run `sluss up`."


def status(settings: Settings) -> dict[str, Any]:
    """What /health/ready says; raise UnavailableError when nobody answers, or another program."""
    try:
        return _asked(f"{settings.health_url}/health/ready")
    except (urllib.error.URLError, TimeoutError, ConnectionError, ValueError):
        raise UnavailableError(DOWN.format(url=settings.health_url)) from None


def _asked(url: str) -> dict[str, Any]:
    try:
        answer = NO_PROXY.open(url, timeout=5)
    except urllib.error.HTTPError as error:  # it is there, and not ready
        answer = error
    with answer:
        found: dict[str, Any] = json.load(answer)
    return found
