"""The base of all detectors: a plugin of detect-secrets that reads a whole text at once."""

import re
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import PurePosixPath
from typing import ClassVar, Final

import msgspec
from detect_secrets.plugins.base import BasePlugin

from workers.gate.secret_scan.placeholders import is_placeholder
from workers.gate.secret_scan.text import words

SECRET: Final = "secret"  # noqa: S105 - the group of a pattern that is the value

_CODE: Final = words(".py .ipynb .js .ts .java .scala .r .go .cs .tf .json .ps1 .sql")
_TEST: Final = re.compile(
    r"(?:^|/)(?:tests?|testing|fixtures?|mocks?|conftest\.py|test_[^/]*|[^/]*_test\.\w+)(?:/|$)"
)


class ScannedPage(msgspec.Struct, frozen=True):
    """A text to scan; ``low`` is its lower-case form, of the same length."""

    text: str
    low: str
    path: str = ""

    @classmethod
    def of(cls, text: str, path: str = "") -> "ScannedPage":
        low = text.lower()
        # A few letters grow in lower case, which would move all places behind them.
        if len(low) != len(text):
            low = "".join(char.lower() if char.isascii() else char for char in text)
        return cls(text, low, path)

    @property
    def is_code(self) -> bool:
        """Tell whether the file is code, where bare words are names and values stand in quotes."""
        return PurePosixPath(self.path.lower()).suffix in _CODE

    @property
    def is_test(self) -> bool:
        return bool(_TEST.search(self.path.lower()))

    def line_before(self, offset: int, most: int = 120) -> str:
        return self.low[max(0, offset - most) : offset].rpartition("\n")[2]

    def matches(
        self, form: re.Pattern[str], hints: Sequence[str], before: int = 120, after: int = 600
    ) -> Iterator[re.Match[str]]:
        """Yield the matches of a form near one of the hints; pages without a hint cost nothing."""
        for start, end in self._near(hints, before, after):
            yield from form.finditer(self.text, start, end)

    def _near(self, hints: Sequence[str], before: int, after: int) -> Iterator[tuple[int, int]]:
        places = sorted(at for hint in hints for at in _places(self.low, hint))
        start = end = -1
        for place in places:
            if place - before > end:
                if end >= 0:
                    yield start, end
                start = max(0, place - before)
            end = place + after
        if end >= 0:
            yield start, end


def _places(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + len(word))


class Hit(msgspec.Struct, frozen=True):
    """A find; ``value`` is the secret itself and never leaves the process that scans."""

    kind: str
    start: int
    value: str


class Detector(BasePlugin):
    """A detector of one family of secrets; it never asks a network whether a secret is valid."""

    secret_type: ClassVar[str] = ""

    def hits(self, page: ScannedPage) -> Iterator[Hit]:
        raise NotImplementedError

    def analyze_string(self, string: str) -> Generator[str, None, None]:
        for hit in self.hits(ScannedPage.of(string)):
            yield hit.value


def is_real(value: str) -> bool:
    """Tell whether the value is no placeholder and has enough different characters."""
    return not is_placeholder(value) and len(set(value)) >= min(8, len(value) / 2)


class Pattern(msgspec.Struct, frozen=True):
    """A secret of a known form; the form is tried only where a hint is in the lower-case text.

    ``is_alone`` requires that no letter, digit or sign of a longer word stands before it.
    """

    kind: str
    hints: tuple[str, ...]
    regex: re.Pattern[str]
    is_one: Callable[[str], bool] = is_real
    is_alone: bool = False


class PatternDetector(Detector):
    patterns: ClassVar[tuple[Pattern, ...]] = ()

    def hits(self, page: ScannedPage) -> Iterator[Hit]:
        for pattern in self.patterns:
            for match in page.matches(pattern.regex, pattern.hints):
                if pattern.is_alone and _is_amid_a_word(page.text, match.start()):
                    continue
                if pattern.is_one(match[SECRET]):
                    yield Hit(pattern.kind, match.start(SECRET), match[SECRET])


def _is_amid_a_word(text: str, at: int) -> bool:
    """Tell whether a word goes on here; after ``//`` the user of an address may begin."""
    return bool(re.search(r"[\w+\-]$|[\w+]/$", text[max(0, at - 2) : at], re.ASCII))


def token(kind: str, form: str, *hints: str, is_one: Callable[[str], bool] = is_real) -> Pattern:
    """Make a pattern for a token that stands alone; forms that begin with letters are fastest."""
    regex = re.compile(rf"(?P<{SECRET}>{form})(?![\w+/\-])", re.ASCII)
    return Pattern(kind, hints, regex, is_one, is_alone=True)
