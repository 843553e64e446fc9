"""Commands of ``sluss`` as they are printed: what is copied into a shell does what it says.

A program that prints one knows where it is itself, and which home it works on.
"""

import re
import shlex
from typing import Final

import msgspec

# The commands that take --home. A folder of one's own is named in each, or another home is asked.
TAKES_HOME: Final = frozenset(
    {
        *("up", "down", "status", "add", "deliveries", "rebuild", "migrate", "people"),
        *("people map", "audit export", "check", "accept", "variables"),
        *("runtimes list", "runtimes show", "runtimes import", "wait"),
        *("hooks install", "hooks list", "hooks repair", "hooks remove", "hooks report"),
    }
)
WRITTEN: Final = re.compile(r"`sluss(?P<words> [^`]*)?`")


class CommandLine(msgspec.Struct, frozen=True):
    """How ``sluss`` is called here, and its home, "" where that is the one it takes by itself."""

    program: tuple[str, ...] = ("sluss",)
    home: str = ""

    def __call__(self, *words: str) -> str:
        """Return the command with these words, each of them quoted."""
        return self._typed(typed(*words))

    def in_text(self, text: str) -> str:
        """Make each command between backticks one that can be copied; its words are quoted."""
        return WRITTEN.sub(lambda found: f"`{self._typed((found['words'] or '').strip())}`", text)

    def _typed(self, words: str) -> str:
        """The home comes first: behind ``--`` an option is none any more."""
        verb = _verb(words)
        home = f" --home {typed(self.home)}" if self.home and verb in TAKES_HOME else ""
        return f"{typed(*self.program)} {verb}{home}{words[len(verb) :]}".rstrip()


def typed(*words: str) -> str:
    """Quote the words for bash, dash and zsh; zsh alone takes ``=ls`` for the path of ls."""
    return " ".join(f"'{word}'" if word.startswith("=") and shlex.quote(word) == word
                    else shlex.quote(word) for word in words)  # fmt: skip


def _verb(words: str) -> str:
    """Return the one or two words that name a command."""
    two = " ".join(words.split(" ")[:2])
    return two if two in TAKES_HOME else words.split(" ", maxsplit=1)[0]
