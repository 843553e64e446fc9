"""How much of the sources the tests reach, and whether that is enough."""

import math
from collections.abc import Iterator
from typing import Final

import msgspec

from core.gate.checks import Finding, Found, Measure, ModelRepo
from core.gate.facts import Facts
from core.gate.tools import Output
from core.gate.variables import model_settings
from workers.gate.unit_testing.command import COVERAGE

NAMED: Final = 3
TOO_LOW: Final = "the tests reach {has:g} % of the code, and policy asks for {wants:g} %"
REACH_MORE: Final = "test what they reach least: {least}"
NOT_MEASURED: Final = "the coverage of the tests was not measured, and policy asks for {wants:g} %"
LET_IT_MEASURE: Final = "let sys.settrace and sys.monitoring alone in the tests"


class Totals(msgspec.Struct, frozen=True):
    percent_covered: float
    num_statements: int = 0


class CoveredFile(msgspec.Struct, frozen=True):
    summary: Totals


class CoverageReport(msgspec.Struct, frozen=True):
    totals: Totals
    files: dict[str, CoveredFile] = {}


def coverage(output: Output, repo: ModelRepo, facts: Facts) -> Iterator[Found]:
    wants = facts.rules.unit_tests.min_coverage
    path = model_settings(repo, layout=facts.layout, gbi=facts.gbi).source_path
    try:
        report = msgspec.json.decode(output.files.get(COVERAGE, b""), type=CoverageReport)
    except msgspec.MsgspecError:
        report = None
    if report is None:
        if wants:
            yield Finding(path, LET_IT_MEASURE, NOT_MEASURED.format(wants=wants))
        return
    has = math.floor(min(max(report.totals.percent_covered, 0.0), 100.0) * 10) / 10
    yield Measure("coverage", has, "%")
    if has < wants:
        wrong = TOO_LOW.format(has=has, wants=wants)
        yield Finding(path, REACH_MORE.format(least=_least(report)), wrong)


def _least(report: CoverageReport) -> str:
    files = ((each.summary, path) for path, each in report.files.items())
    worst = sorted(
        (totals.percent_covered, path) for totals, path in files if totals.num_statements
    )
    return ", ".join(f"{path} ({has:.0f} %)" for has, path in worst[:NAMED])
