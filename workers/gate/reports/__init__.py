"""Writes the gate's answer in the formats that other tools and people read, one file per format."""

from collections.abc import Callable, Sequence
from typing import Final

from core.gate.checks import CheckResult
from core.policy import Policy
from workers.gate.reports.junit import junit
from workers.gate.reports.markdown import markdown
from workers.gate.reports.sarif import sarif

Form = Callable[[Sequence[CheckResult], Policy], bytes]

FORMS: Final[dict[str, Form]] = {
    "gate.junit.xml": junit,
    "gate.sarif": sarif,
    "gate.md": markdown,
}

__all__ = ["FORMS", "Form", "junit", "markdown", "sarif"]
