"""Bounds what MLflow's client reads: how large one answer is, and how long a whole call takes.

The client's own time limit is one of silence: an answer that drips, or has no end, never meets it.
"""

import threading
from typing import Any, Final

import requests
import urllib3
from mlflow.utils.request_utils import TCPKeepAliveHTTPAdapter
from requests.adapters import HTTPAdapter

from adapters.mlflow.timed import TimedThread

LONGEST_ANSWER: Final = 64 << 20
PART: Final = 1 << 16
TOO_LONG: Final = "its answer is longer than 64 MB, or has no end"
TOO_SLOW: Final = "its answers took too long"


def bound_answers() -> None:
    """Let every session of MLflow's client, also one that is there already, read within bounds."""
    TCPKeepAliveHTTPAdapter.send = _send  # type: ignore[assignment, method-assign]


def _send(
    self: HTTPAdapter, request: requests.PreparedRequest, *, stream: bool = False, **more: Any
) -> requests.Response:
    """Send, and read the answer at once; one that is streamed is a file, and read by its reader."""
    _refuse_late()
    response = HTTPAdapter.send(self, request, stream=stream, **more)
    if stream:
        return response
    try:
        response._content = _read(response)  # requests takes it as read
    except (urllib3.exceptions.HTTPError, requests.RequestException) as error:
        response.close()
        raise requests.ConnectionError(error, request=request) from error
    return response


def _read(response: requests.Response) -> bytes:
    read = bytearray()
    while part := response.raw.read1(PART, decode_content=True):
        read += part
        if len(read) > LONGEST_ANSWER:
            raise requests.RequestException(TOO_LONG)
        _refuse_late()
    return bytes(read)


def _refuse_late() -> None:
    thread = threading.current_thread()
    if isinstance(thread, TimedThread) and thread.is_late:
        raise requests.Timeout(TOO_SLOW)
