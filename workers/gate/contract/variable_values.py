"""What is wrong with the values of model_variables.yml, by the table of all variables."""

from collections.abc import Iterator, Mapping
from typing import Final

from core.gate.checks import Finding
from core.gate.facts import Facts
from core.gate.variables import VARIABLES, Kind, Value, Variable, canonical, find, near, problem

MIN: Final = "CLUSTER_MIN_WORKER_NODE"
MAX: Final = "CLUSTER_MAX_WORKER_NODE"
FEW: Final = 6  # of an allow-list, as many as fit in one line


def value_findings(values: Mapping[str, Value], path: str, facts: Facts) -> Iterator[Finding]:
    """Everything at once, in the order of the file, then what is missing."""
    for name, value in values.items():
        row = find(name)
        yield from (_unknown(value, path) if row is None else _known(row, value, path, facts))
    yield from _workers(values, path, facts)
    for row in VARIABLES:
        given = values.get(row.name)
        if row.is_required and (given is None or given.text is None):
            yield _missing(row, path, given.line if given else 0)


def _unknown(value: Value, path: str) -> Iterator[Finding]:
    close = near(value.spelling)
    meant = f"did you mean {' or '.join(close)}? Otherwise " if close else ""
    yield Finding(
        path, f"{meant}take it out", f"{value.spelling} is no variable of a model", value.line
    )


def _known(row: Variable, value: Value, path: str, facts: Facts) -> Iterator[Finding]:
    if row.kind is Kind.GBI_FIXED:
        mend = "take it out: GBI sets it for every model"
        yield Finding(path, mend, f"{value.spelling} belongs to GBI", value.line)
    elif value.text is not None:
        wrong = problem(row, value.text)
        if wrong:
            yield Finding(path, _mend(row, facts), f"{value.spelling} {wrong}", value.line)
        elif not _is_allowed(row, value.text, facts):
            wrong = f"{value.spelling} is not on GBI's list"
            yield Finding(path, _mend(row, facts), wrong, value.line)


def _is_allowed(row: Variable, text: str, facts: Facts) -> bool:
    allowed = facts.allowed.get(row.name)
    return allowed is None or canonical(row, text) in allowed


def _mend(row: Variable, facts: Facts) -> str:
    allowed = facts.allowed.get(row.name)
    if allowed:
        more = f" or {len(allowed) - FEW} others" if len(allowed) > FEW else ""
        return f"write one of {', '.join(allowed[:FEW])}{more}"
    example = f", for example {row.example}" if row.example else ""
    without = "" if row.is_required else "; or take it out"
    return f"write {row.rule}{example}{without}"


def _missing(row: Variable, path: str, line: int) -> Finding:
    example = row.example or "its value"
    mend = f"add {row.name}: {example} ({row.help.rstrip('.')})"
    return Finding(path, mend, f"{row.name} is required, but not set", line)


def _workers(values: Mapping[str, Value], path: str, facts: Facts) -> Iterator[Finding]:
    """Both or none; numbers that are none were told before."""
    given = {name: values[name] for name in (MIN, MAX) if name in values and values[name].text}
    if len(given) == 1:
        (name, value), other = next(iter(given.items())), MAX if MIN in given else MIN
        yield Finding(path, f"set {other} too, or none of them", f"{name} stands alone", value.line)
    counts = {
        name: (int(value.text), value.line)
        for name, value in given.items()
        if value.text and value.text.isascii() and value.text.isdecimal()
    }
    for name, (count, line) in counts.items():
        if not 1 <= count <= facts.max_workers:
            mend = f"write a number from 1 to {facts.max_workers}"
            yield Finding(path, mend, f"{name} is {count}", line)
    if len(counts) > 1 and counts[MIN][0] > counts[MAX][0]:
        wrong = f"{MIN} ({counts[MIN][0]}) is above {MAX} ({counts[MAX][0]})"
        yield Finding(path, "write the smaller number as the minimum", wrong, counts[MIN][1])
