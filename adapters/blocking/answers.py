"""Reads an HTTP answer of a blocking client within bounds of size and time.

A client's own time limit is one of silence: an answer that drips, or has no end, never meets it.
"""

import threading
from typing import Final

import requests
import urllib3

from adapters.blocking.timed import TimedThread

LONGEST_ANSWER: Final = 64 << 20
PART: Final = 1 << 16
TOO_LONG: Final = "its answer is longer than 64 MB, or has no end"
TOO_SLOW: Final = "its answers took too long"


def read_whole(response: requests.Response, request: requests.PreparedRequest) -> None:
    """Read the answer at once, so that ``requests`` takes it as read.

    Raise requests.ConnectionError for one that is too long, too slow or cut off.
    """
    try:
        response._content = _read(response)
    except (urllib3.exceptions.HTTPError, requests.RequestException) as error:
        response.close()
        raise requests.ConnectionError(error, request=request) from error


def refuse_late() -> None:
    """Raise requests.Timeout in a thread whose time for its call is up."""
    thread = threading.current_thread()
    if isinstance(thread, TimedThread) and thread.is_late:
        raise requests.Timeout(TOO_SLOW)


def _read(response: requests.Response) -> bytes:
    read = bytearray()
    while part := response.raw.read1(PART, decode_content=True):
        read += part
        if len(read) > LONGEST_ANSWER:
            raise requests.RequestException(TOO_LONG)
        refuse_late()
    return bytes(read)
