"""Reads the JSON that a tool of ours printed."""

from typing import TypeVar

import msgspec

from core.gate.tools import Output

Report = TypeVar("Report")


class ToolReportError(Exception):
    """A tool ended without a report: nothing is known, so the check could not run."""


def tool_report(output: Output, kind: type[Report]) -> Report:
    """Raise ToolReportError where there is none, which ends the check as "could not run"."""
    try:
        return msgspec.json.decode(output.stdout, type=kind)
    except msgspec.MsgspecError as error:
        raise ToolReportError(f"code {output.code}") from error
