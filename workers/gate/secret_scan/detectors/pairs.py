"""Finds values whose telling name stands elsewhere: lists of variables, defaults of options."""

import re
from collections.abc import Iterator
from typing import Final

from workers.gate.secret_scan.detectors.assignments import judged
from workers.gate.secret_scan.detectors.detector import Detector, Hit, ScannedPage
from workers.gate.secret_scan.names import Promise, promise

_QUOTE: Final = r"[\"'`]?"
_SET: Final = r"\s{0,9}[:=]\s{0,9}"
_VALUE: Final = (
    r"(?:\"(?P<a>[^\"\n\v]{4,512})\"|'(?P<b>[^'\n\v]{4,512})'|(?P<c>[^\s\"'`<>,{}]{4,512}))"
)
_FORMS: Final = (
    (  # - name: X, value: …  {"name": "X", "value": "…"}  <add key="X" value="…"/>
        re.compile(
            rf"(?:name|key|variable|parameter|label){_QUOTE}{_SET}"
            rf"{_QUOTE}(?P<name>[\w.\-:]{{3,120}}){_QUOTE}[ \t]{{0,40}}(?:,\s{{0,120}}|\s{{1,120}})"
            rf"{_QUOTE}(?:value|default|secret){_QUOTE}{_SET}{_VALUE}",
            re.IGNORECASE,
        ),
        ("value:", "value=", 'value"', "value'", "value =", "default:"),
    ),
    (  # variable "x" { … default = "…"
        re.compile(
            r"variable\s{1,9}\"(?P<name>[\w\-]{3,120})\"\s{0,9}\{[^}]{0,400}?"
            rf"\bdefault\s{{0,9}}=\s{{0,9}}{_VALUE}"
        ),
        ('variable "',),
    ),
    (  # add_argument("--x", …, default="…")
        re.compile(
            rf"[\"'](?P<name>-{{1,2}}[\w\-]{{3,80}})[\"'][^\n]{{0,200}}?\bdefault{_SET}{_VALUE}"
        ),
        ('"-', "'-"),
    ),
    (  # "x": {"value": "…"}
        re.compile(
            rf"[\"'](?P<name>[\w.\-]{{3,120}})[\"']\s{{0,9}}:\s{{0,9}}\{{[^{{}}]{{0,200}}?"
            rf"[\"'](?:value|default|defaultvalue)[\"']\s{{0,9}}:\s{{0,9}}{_VALUE}",
            re.IGNORECASE,
        ),
        ('value"', "value'"),
    ),
)


class Pairs(Detector):
    secret_type = "secret beside its name"  # noqa: S105 - the name of a kind

    def hits(self, page: ScannedPage) -> Iterator[Hit]:
        for form, hints in _FORMS:
            for match in page.matches(form, hints, before=500, after=600):
                made = promise(match["name"].strip("-"))
                group = str(match.lastgroup)
                if made is not Promise.NOTHING:
                    yield from judged(page, match.start(group), match[group], made)
