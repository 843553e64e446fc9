"""What uv says while it works, as progress and, when it fails, as a reason for a person."""

import re
from collections.abc import Callable
from typing import Final

TAIL_BYTES: Final = 20_000
LONGEST_MESSAGE: Final = 500

PROGRESS: Final = (
    (re.compile(r"^Resolved (\d+ packages?)"), r"fetching \1"),
    (re.compile(r"^Prepared (\d+ packages?)"), r"installing \1"),
)
NO_ANSWER: Final = re.compile(
    r"failed to fetch|error sending request|dns error|timed out|connection refused", re.IGNORECASE
)
CAUSE: Final = re.compile(
    r"(?:^ *cause: |╰─▶ |^error: (?!.*\n *cause: ))(?P<cause>.*?)(?=\n *cause: |\n\s*\n|\Z)",
    re.MULTILINE | re.DOTALL,
)
FRAME: Final = re.compile(r"^[\s│╰├─▶>]+", re.MULTILINE)

UNSOLVED: Final = (
    "The requirements cannot be installed: {message} Nothing was run; change the environment file "
    "so that its packages go together and exist as wheels, and push again."
)
NO_INDEX: Final = (
    "The package index does not answer: {message} Nothing was run; retry the step when it is back."
)


class UvOutput:
    def __init__(self, sink: Callable[[bytes], None], tell: Callable[[str], None]) -> None:
        self._sink = sink
        self._tell = tell
        self._tail = b""

    def take(self, data: bytes) -> None:
        self._sink(data)
        self._tail = (self._tail + data)[-TAIL_BYTES:]
        for line in data.decode(errors="replace").splitlines():
            for pattern, note in PROGRESS:
                if found := pattern.search(line):
                    self._tell(found.expand(note))

    def explain(self) -> str:
        text = self._tail.decode(errors="replace")
        template = NO_INDEX if NO_ANSWER.search(text) else UNSOLVED
        return template.format(message=_message(text))


def _message(text: str) -> str:
    """Its first cause; older versions draw a tree, where the cause follows the last branch."""
    found = CAUSE.search(text)
    cause = found["cause"] if found else text
    joined = " ".join(FRAME.sub("", cause).split())
    return joined if len(joined) <= LONGEST_MESSAGE else f"{joined[:LONGEST_MESSAGE]}…"
