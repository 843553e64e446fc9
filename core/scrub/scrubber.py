"""Masks secrets in a log before it is written, so that no file ever holds one.

Each step is linear in what comes, whatever it is: a step's output is its author's to choose.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from core.scrub.known import KnownSecrets, Span, masked
from core.scrub.shapes import KEY_ENDS, private_keys, shapes

LONGEST_LINE: Final = 8192
LOOK_AHEAD: Final = 8192  # a secret that begins in what is shown is seen whole, or far enough
BLOCK: Final = 65536


class Scrubber:
    """Takes bytes as they come, and gives back whole lines with the secrets masked.

    A line is cut at LONGEST_LINE, or before the secret that stands there.
    """

    def __init__(self, secrets: Iterable[str] | KnownSecrets = ()) -> None:
        self._known = secrets if isinstance(secrets, KnownSecrets) else KnownSecrets(secrets)
        self._lines = _Lines()
        self._key_left = 0

    def feed(self, data: bytes) -> bytes:
        blocks = (data[at : at + BLOCK] for at in range(0, len(data), BLOCK))
        return b"".join([self._masked(self._lines.whole(block)) for block in blocks])

    def finish(self) -> bytes:
        """Give back the line that has not ended, as nothing follows it."""
        rest = self._masked(self._lines.rest())
        self._key_left = 0
        return rest

    def _masked(self, text: bytes) -> bytes:
        text = text[self._rest_of_key(text) :] if self._key_left else text
        if not text:
            return text
        secrets = _secrets(text, self._known)
        end = max((end for _, end in secrets), default=0)
        self._key_left = max(self._key_left, end - len(text))
        return masked(text, secrets, frozenset(_cuts(text)))

    def _rest_of_key(self, text: bytes) -> int:
        """Return how much of a text belongs to a private key that began in an earlier one."""
        ends = KEY_ENDS.search(text.lower(), 0, self._key_left)
        end = ends.end() if ends else min(self._key_left, len(text))
        self._key_left = 0 if ends else self._key_left - end
        return end


class _Lines:
    """Collects whole lines; of one that is too long to be shown only its beginning is kept."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._is_long = False

    def whole(self, data: bytes) -> bytes:
        """Return the lines that have ended, and the beginning of one that is too long."""
        if self._is_long:
            ends = _line_end(data, 0)
            if ends == len(data):
                return b""
            data, self._is_long = data[ends:], False
        ended = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        self._pending += data[:ended]
        lines = self.rest() if ended else b""
        self._pending += data[ended:]
        if len(self._pending) > LONGEST_LINE + LOOK_AHEAD:
            lines += self.rest()
            self._is_long = True
        return lines

    def rest(self) -> bytes:
        rest = bytes(self._pending)
        self._pending.clear()
        self._is_long = False
        return rest


def _line_end(text: bytes, start: int) -> int:
    ends = (text.find(b"\n", start), text.find(b"\r", start))
    return min((at for at in ends if at >= 0), default=len(text))


def _cuts(text: bytes) -> Iterator[Span]:
    """Yield what is cut from each long line; whole lines are leapt over, many at a time."""
    at = 0
    while at + LONGEST_LINE < len(text):
        until = at + LONGEST_LINE + 1
        end = max(text.rfind(b"\n", at, until), text.rfind(b"\r", at, until))
        if end < 0:
            end = _line_end(text, until)
            yield until - 1, end
        at = end + 1


NOTHING: Final = KnownSecrets()


def _secrets(text: bytes, known: KnownSecrets) -> list[Span]:
    """Return where secrets are; a private key without an end may reach behind the text."""
    lowered = text.lower()
    return [*private_keys(lowered), *shapes(lowered), *known.find(text)]


def mask(text: bytes, known: KnownSecrets = NOTHING) -> bytes:
    """Mask the secrets in a whole text of any form, and cut nothing."""
    return masked(text, _secrets(text, known))


def scrub(text: str, secrets: Iterable[str] | KnownSecrets = ()) -> str:
    """Mask the secrets in one whole text, such as a reason."""
    scrubber = Scrubber(secrets)
    cleaned = scrubber.feed(text.encode(errors="replace")) + scrubber.finish()
    return cleaned.decode(errors="replace")
