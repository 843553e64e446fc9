"""Bounds what MLflow's client reads: how large one answer is, and how long a whole call takes."""

from typing import Any

import requests
from mlflow.utils.request_utils import TCPKeepAliveHTTPAdapter
from requests.adapters import HTTPAdapter

from adapters.blocking.answers import read_whole, refuse_late


def bound_answers() -> None:
    """Let every session of MLflow's client, also one that is there already, read within bounds."""
    TCPKeepAliveHTTPAdapter.send = _send  # type: ignore[assignment, method-assign]


def _send(
    self: HTTPAdapter, request: requests.PreparedRequest, *, stream: bool = False, **more: Any
) -> requests.Response:
    """Send, and read the answer at once; one that is streamed is a file, and read by its reader."""
    refuse_late()
    response = HTTPAdapter.send(self, request, stream=stream, **more)
    if not stream:
        read_whole(response, request)
    return response
