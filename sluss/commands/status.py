"""``sluss status``: say whether the server is ready, and what is not."""

import json
import urllib.error
import urllib.request
from typing import Any, Final

from core.errors import UnavailableError
from sluss.home.settings import Settings

# The server is on this machine, so no proxy leads to it.
NO_PROXY: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))
DOWN = "Sluss does not answer at {url}. Pushes are kept and sent when it is up; run `sluss up`."


def status(settings: Settings) -> dict[str, Any]:
    """Return what /health/ready says.

    Raise UnavailableError when nobody answers, or another program does.
    """
    try:
        return _asked(f"{settings.health_url}/health/ready")
    except (urllib.error.URLError, TimeoutError, ConnectionError, ValueError):
        raise UnavailableError(DOWN.format(url=settings.health_url)) from None


def _asked(url: str) -> dict[str, Any]:
    try:
        answer = NO_PROXY.open(url, timeout=5)
    except urllib.error.HTTPError as error:  # The server answers, and is not ready.
        answer = error
    with answer:
        found: dict[str, Any] = json.load(answer)
    return found
