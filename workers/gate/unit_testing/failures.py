"""Turns a failed test into a finding: where it failed, why in one line, and what to do."""

from collections.abc import Iterator, Sequence
from typing import Final

from core.gate.checks import Finding, Found, ModelRepo, Note
from workers.gate.tool_reports import CaseOutcome, JUnitCase

MOST: Final = 50
SHORT: Final = 200
# The sandbox shows the repository at this path, which means nothing outside of it.
SANDBOX: Final = "/repo/"

MORE: Final = "Not shown: {count} more that failed."
FAILED: Final = "{name} failed: {why}"
NOT_COLLECTED: Final = "cannot be loaded: {why}"
MEND: Final = "mend the code, or the test where it expects the wrong thing"
LOAD: Final = "mend what fails while the file is imported"
# Failures that come from the sandbox are named so, as nobody should look for them in the code.
WALLS: Final = {
    "unrecognized arguments": "add the plugin of pytest that has them to the environment file, or "
    "take them out of pytest's settings",
    "No module named": "add the library to the environment file, or mend the name of the module",
    "Network is unreachable": "do without the network, which the sandbox has not: use a small "
    "sample in the repository",
    "name resolution": "do without the network, which the sandbox has not: use a small sample in "
    "the repository",
    "Name or service not known": "do without the network, which the sandbox has not: use a small "
    "sample in the repository",
    "Read-only file system": "write to pytest's tmp_path: the sandbox lets nothing else be written",
    "Permission denied": "stay within the repository and pytest's tmp_path: the sandbox lets "
    "nothing else be touched",
    "Operation not permitted": "leave out what the sandbox does not let tests do",
    "No space left on device": "write less: the sandbox gives little room",
    "Disk quota exceeded": "write less: the sandbox gives little room",
    "File too large": "write less: the sandbox gives little room",
    "MemoryError": "take less memory: a small sample of the data is enough for a test",
    "Cannot allocate memory": "take less memory: a small sample of the data is enough for a test",
    "Resource temporarily unavailable": "start fewer processes and threads",
    "can't start new thread": "start fewer processes and threads",
}


def failures(repo: ModelRepo, cases: Sequence[JUnitCase]) -> Iterator[Found]:
    for case in cases[:MOST]:
        yield _finding(repo, case)
    if len(cases) > MOST:
        yield Note(MORE.format(count=len(cases) - MOST))


def _finding(repo: ModelRepo, case: JUnitCase) -> Finding:
    why = reason(case.message, case.text)
    path, line = place(repo, case.text) or _own_place(repo, case)
    is_load = case.outcome is CaseOutcome.ERROR and _is_load(case)
    wrong = (NOT_COLLECTED if is_load else FAILED).format(name=case.name, why=why)
    return Finding(path, mend(why, LOAD if is_load else MEND), wrong, line, rule=str(case.outcome))


def _is_load(case: JUnitCase) -> bool:
    return case.message.startswith("collection failure")


def mend(why: str, otherwise: str) -> str:
    return next((words for sign, words in WALLS.items() if sign in why), otherwise)


def reason(message: str, text: str) -> str:
    """Return the first line of the message, or the first line that pytest marks with E."""
    first = message.strip().partition("\n")[0]
    marked = (line[1:].strip() for line in text.splitlines() if line.startswith("E "))
    if not first or first.startswith(("collection failure", "failed on setup", "failed on teard")):
        first = next(marked, first)
    return first.replace(SANDBOX, "")[:SHORT] or "it says nothing"


def place(repo: ModelRepo, text: str) -> tuple[str, int] | None:
    """Return the last place of a traceback in the repository (``src/train.py:12: in train``)."""
    for line in reversed(text.splitlines()):
        path, _, rest = line.strip().partition(":")
        number = rest.partition(":")[0]
        if path in repo.files and number.isascii() and number.isdecimal() and len(number) < SHORT:
            return path, int(number)
    return None


def _own_place(repo: ModelRepo, case: JUnitCase) -> tuple[str, int]:
    """Return where the test itself begins; tools other than pytest give only its module."""
    if case.file in repo.files:
        return case.file, case.line + 1
    parts = (case.module or case.name).split(".")
    guesses = ("/".join(parts[:length]) + ".py" for length in range(len(parts), 0, -1))
    return next((path for path in guesses if path in repo.files), case.file or case.module), 0
