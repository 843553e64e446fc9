"""Reads reports of tools and test runs strictly: a broken report never counts as a good one."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final, TypeVar
from xml.parsers import expat  # nosec B406 - documents with a DTD are refused

import msgspec

from core.errors import DECODE_ERRORS
from core.gate.tools import Output
from core.scrub import mask

Report = TypeVar("Report")
MAX_BYTES: Final = 8 * 1024 * 1024
MAX_CASES: Final = 20_000
MAX_NAME: Final = 300
MAX_TEXT: Final = 4_000


class ToolReportError(Exception):
    """A tool ended without a report, so nothing is known and the check could not run."""


def tool_report(output: Output, kind: type[Report]) -> Report:
    """Decode a tool's report. Raise ToolReportError, which ends the check as "could not run"."""
    try:
        return msgspec.json.decode(output.stdout, type=kind)
    except DECODE_ERRORS as error:
        raise ToolReportError(f"code {output.code}") from error


def kept_report(data: bytes, quotes: Collection[str]) -> bytes:
    """Return a report as it may be kept: without secrets, and without the fields in ``quotes``."""
    masked = mask(data)
    if masked == data and not quotes:
        return data
    try:
        return msgspec.json.encode(_without_secrets(msgspec.json.decode(data), quotes))
    except DECODE_ERRORS:  # no JSON, but XML, or words
        return masked


def _without_secrets(part: object, quotes: Collection[str]) -> object:
    if isinstance(part, str):
        return mask(part.encode()).decode(errors="replace")
    if isinstance(part, list):
        return [_without_secrets(each, quotes) for each in part]
    if isinstance(part, dict):
        shown = {name: each for name, each in part.items() if name not in quotes}
        return {name: _without_secrets(each, quotes) for name, each in shown.items()}
    return part


class UnreadableReportError(Exception):
    """The data are no JUnit report; the message says why."""


class CaseOutcome(StrEnum):
    PASSED = "passed"
    FAILED = "failure"
    ERROR = "error"
    SKIPPED = "skipped"


class JUnitCase(msgspec.Struct, frozen=True, kw_only=True):
    """One test; ``line`` counts from 0, as pytest writes it, and is -1 where it is missing."""

    name: str
    module: str = ""
    file: str = ""
    line: int = -1
    outcome: CaseOutcome = CaseOutcome.PASSED
    message: str = ""
    text: str = ""

    @property
    def has_failed(self) -> bool:
        return self.outcome in {CaseOutcome.FAILED, CaseOutcome.ERROR}


class JUnitReport(msgspec.Struct, frozen=True):
    """A report; ``said_failed`` is the largest number of failures that it claims anywhere."""

    suites: tuple[str, ...]
    cases: tuple[JUnitCase, ...]
    said_failed: int

    def count(self, *outcomes: CaseOutcome) -> int:
        return sum(case.outcome in outcomes for case in self.cases)

    @property
    def failed(self) -> tuple[JUnitCase, ...]:
        return tuple(case for case in self.cases if case.has_failed)


def read_junit(data: bytes) -> JUnitReport:
    """Read a JUnit report. Raise UnreadableReportError when the data are anything else."""
    if len(data) > MAX_BYTES:
        raise UnreadableReportError(f"it is larger than {MAX_BYTES // 1024 // 1024} MB")
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(data, True)  # noqa: FBT003 - it takes no name
    except expat.ExpatError as error:
        raise UnreadableReportError(f"it is no XML: {error}") from error
    return reader.report()


class _Reader:
    def __init__(self) -> None:
        self._suites: list[str] = []
        self._cases: list[JUnitCase] = []
        self._said_failed = 0
        self._is_root = True
        self._case: JUnitCase | None = None
        self._inside = ""  # The child element whose text is being read.

    def refuse(self, *_: object) -> None:
        raise UnreadableReportError("it has a document type, which no JUnit report needs")

    def start(self, tag: str, given: Mapping[str, str]) -> None:
        if self._is_root and tag not in {"testsuites", "testsuite"}:
            raise UnreadableReportError(f"it begins with <{tag[:MAX_NAME]}>, not with <testsuites>")
        self._is_root = False
        if tag in {"testsuites", "testsuite"}:
            self._suites.append(given.get("name", "")[:MAX_NAME])
            self._said_failed = max(self._said_failed, _claimed(given))
        elif tag == "testcase":
            self._case = _case(given)
        elif self._case is not None and tag in set(CaseOutcome):
            self._take(self._case, CaseOutcome(tag), given.get("message", ""))

    def _take(self, case: JUnitCase, outcome: CaseOutcome, message: str) -> None:
        """Record the outcome of a test; one that failed stays failed."""
        if case.has_failed:
            return
        self._inside = outcome
        self._case = msgspec.structs.replace(case, outcome=outcome, message=message[:MAX_TEXT])

    def text(self, text: str) -> None:
        if self._case is not None and self._inside:
            longer = (self._case.text + text)[-MAX_TEXT:]  # The end of a traceback counts most.
            self._case = msgspec.structs.replace(self._case, text=longer)

    def end(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""
        elif tag == "testcase" and self._case is not None:
            if len(self._cases) >= MAX_CASES:
                raise UnreadableReportError(f"it has more than {MAX_CASES:,} tests")
            self._cases.append(self._case)
            self._case = None

    def report(self) -> JUnitReport:
        return JUnitReport(tuple(self._suites), tuple(self._cases), self._said_failed)


def _case(given: Mapping[str, str]) -> JUnitCase:
    return JUnitCase(
        name=given.get("name", "")[:MAX_NAME],
        module=given.get("classname", "")[:MAX_NAME],
        file=given.get("file", "").replace("\\", "/")[:MAX_NAME],
        line=_number(given.get("line", ""), -1),
    )


def _claimed(given: Mapping[str, str]) -> int:
    return _number(given.get("failures", "")) + _number(given.get("errors", ""))


def _number(text: str, otherwise: int = 0) -> int:
    is_number = text.isascii() and text.isdecimal() and len(text) < len(str(MAX_CASES)) + 3
    return int(text) if is_number else otherwise
