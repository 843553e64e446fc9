"""The check ``variables``: the model sets what the pipeline needs, and nothing that is GBI's."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from core.count import count
from core.gate.checks import GBI, Finding, ModelRepo, check
from core.gate.dataset_template import DatasetTemplateError, parse
from core.gate.facts import CheckFacts, KnownTeam
from core.gate.layout import Layout
from core.gate.variables import (
    VARIABLES,
    Value,
    Variable,
    VariableKind,
    canonical,
    find,
    near,
    problem,
    read,
)
from core.people import folded
from workers.gate.contract.workspace_hosts import host_findings

MIN: Final = "CLUSTER_MIN_WORKER_NODE"
MAX: Final = "CLUSTER_MAX_WORKER_NODE"
FEW: Final = 6  # An allow-list is cut off after this many values, to fit into one line.
NAME: Final = "ENVIRONMENT_FILE"
OTHER: Final = {"conda": "pip", "pip": "conda"}
INCLUDES: Final = re.compile(rb"-\s*['\"]?(-r|--requirement)[\s=]")
TEMPLATE = "DATASET_TEMPLATE_FILE"
SOURCES = "MODEL_SRC_PATH"
TEAM: Final = "TEAM_NAME"
OTHER_TEAM: Final = (
    "{spelling} is {said}, but platform.yml says that this is a repository of {team}"
)
MEND_TEAM: Final = "write {name}: {team}, or ask the platform team to change platform.yml"
NO_TEAM: Final = "platform.yml names no team for this repository"
NO_MEMBERS: Final = "nobody belongs to the team {team}, which platform.yml names"
MEND_EMPTY: Final = (
    "ask the platform team to enter its members in the directory, or another team in platform.yml"
)


@check(
    "variables",
    owner=GBI,
    priority=1,
    title="The variables of the model",
    mend="Write the value that the finding asks for into model_variables.yml; "
    "`sluss variables` shows what a stage gets, and from whom.",
    asks=("team",),
)
def variables(repo: ModelRepo, facts: CheckFacts) -> Iterator[Finding]:
    """Each variable is set, of its kind, and within what GBI allows; GBI's own stay GBI's.

    A workspace address in code or pipelines would tie the model to one stage.
    """
    wanted = facts.layout.variables
    path = repo.find(wanted)
    if path is None:
        yield Finding(wanted, f"add {wanted} with a variables: mapping", "is missing")
    else:
        found = read(repo.files[path], path)
        yield from found.findings
        if not found.is_unreadable:
            yield from _values(found.values, path, facts)
            yield from _team(found.values.get(TEAM), path, facts.team)
            yield from _environment(repo, found.values, path, facts.layout)
            yield from _places(repo, found.values, path)
    yield from host_findings(repo, facts)


def _team(said: Value | None, path: str, known: KnownTeam | None) -> Iterator[Finding]:
    """Only its team accepts a version and asks for a stage, and the platform says whose a model is.

    Where Sluss does not run, as in a folder, nobody knows that.
    """
    if known is None:
        return
    name, line = known.name.strip(), said.line if said else 0
    if not known.has_members:
        wrong = NO_MEMBERS.format(team=name) if name else NO_TEAM
        yield Finding(path, MEND_EMPTY, wrong, line)
    if said and said.text and name and folded(said.text) != folded(name):
        wrong = OTHER_TEAM.format(spelling=said.spelling, said=said.text, team=name)
        yield Finding(path, MEND_TEAM.format(name=TEAM, team=name), wrong, line)


def _values(values: Mapping[str, Value], path: str, facts: CheckFacts) -> Iterator[Finding]:
    """Yield every problem at once: first in the order of the file, then the missing variables."""
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


def _known(row: Variable, value: Value, path: str, facts: CheckFacts) -> Iterator[Finding]:
    if row.kind is VariableKind.GBI_FIXED:
        mend = "take it out: GBI sets it for every model"
        yield Finding(path, mend, f"{value.spelling} belongs to GBI", value.line)
    elif value.text is not None:
        wrong = problem(row, value.text)
        if wrong:
            yield Finding(path, _mend(row, facts), f"{value.spelling} {wrong}", value.line)
        elif not _is_allowed(row, value.text, facts):
            wrong = f"{value.spelling} is not on GBI's list"
            yield Finding(path, _mend(row, facts), wrong, value.line)


def _is_allowed(row: Variable, text: str, facts: CheckFacts) -> bool:
    allowed = facts.allowed.get(row.name)
    return allowed is None or canonical(row, text) in allowed


def _mend(row: Variable, facts: CheckFacts) -> str:
    allowed = facts.allowed.get(row.name)
    if allowed:
        more = f" or {count(len(allowed) - FEW, 'other')}" if len(allowed) > FEW else ""
        return f"write one of {', '.join(allowed[:FEW])}{more}"
    example = f", for example {row.example}" if row.example else ""
    without = "" if row.is_required else "; or take it out"
    return f"write {row.rule}{example}{without}"


def _missing(row: Variable, path: str, line: int) -> Finding:
    example = row.example or "its value"
    mend = f"add {row.name}: {example} ({row.help.rstrip('.')})"
    return Finding(path, mend, f"{row.name} is required, but not set", line)


def _workers(values: Mapping[str, Value], path: str, facts: CheckFacts) -> Iterator[Finding]:
    """Report that only one limit of the workers is set; a non-number was reported before."""
    given = {name: values[name] for name in (MIN, MAX) if name in values and values[name].text}
    if len(given) == 1:
        (name, value), other = next(iter(given.items())), MAX if MIN in given else MIN
        yield Finding(path, f"set {other} too, or none of them", f"{name} stands alone", value.line)
    counts = {
        name: (int(value.text), value.line)
        for name, value in given.items()
        if value.text and value.text.isascii() and value.text.isdecimal()
    }
    for name, (workers, line) in counts.items():
        if not 1 <= workers <= facts.max_workers:
            mend = f"write a number from 1 to {facts.max_workers}"
            yield Finding(path, mend, f"{name} is {workers}", line)
    if len(counts) > 1 and counts[MIN][0] > counts[MAX][0]:
        wrong = f"{MIN} ({counts[MIN][0]}) is above {MAX} ({counts[MAX][0]})"
        yield Finding(path, "write the smaller number as the minimum", wrong, counts[MIN][1])


def _environment(
    repo: ModelRepo, values: Mapping[str, Value], path: str, layout: Layout
) -> Iterator[Finding]:
    """Report a second environment file unless conda.yml includes it (``- -r requirements.txt``)."""
    row = find(NAME)
    assert row is not None
    given = values.get(NAME)
    text = given.text if given and given.text is not None else row.default
    if text is None or problem(row, text):
        return  # told with the values
    kind = canonical(row, text)
    line = given.line if given else 0
    wanted, other = layout.environment(kind), layout.environment(OTHER[kind])
    found, second = repo.find(wanted), repo.find(other)
    says = f"{NAME} is {kind}" if given and given.text else f"{NAME} is not set, so {kind}"
    if found is None and second is not None:
        mend = f"set {NAME}: {OTHER[kind]}, or write {wanted} in place of {other}"
        yield Finding(path, mend, f"{says}, but there is only {other}", line)
    elif found is None:
        yield Finding(path, f"add {wanted}", f"{says}, but there is no {wanted}", line)
    elif second is not None and not _is_included(repo, kind, found):
        mend = f"keep {wanted} and remove this one, or change {NAME}"
        yield Finding(second, mend, f"{says}, but {other} is there too")


def _is_included(repo: ModelRepo, kind: str, found: str) -> bool:
    return kind == "conda" and INCLUDES.search(repo.files[found]) is not None


def _places(repo: ModelRepo, values: Mapping[str, Value], path: str) -> Iterator[Finding]:
    yield from _sources(repo, values, path)
    yield from _template(repo, values, path)


def _usable(values: Mapping[str, Value], name: str) -> Value | None:
    row, value = find(name), values.get(name)
    if row is None or value is None or value.text is None:
        return None
    return None if problem(row, value.text) else value


def _sources(repo: ModelRepo, values: Mapping[str, Value], path: str) -> Iterator[Finding]:
    value = _usable(values, SOURCES)
    if value is None or value.text is None:
        return
    start = f"{value.text.strip('/')}/".removeprefix("./").casefold()
    if start in {"", "/"} or any(known.casefold().startswith(start) for known in repo.files):
        return
    wrong = f"{SOURCES} is {value.text}, but there is no such folder"
    yield Finding(path, "write the folder of train.py and score.py", wrong, value.line)


def _template(repo: ModelRepo, values: Mapping[str, Value], path: str) -> Iterator[Finding]:
    value = _usable(values, TEMPLATE)
    if value is None or value.text is None:
        return
    found = repo.find(value.text.removeprefix("./"))
    if found is None:
        wrong = f"{TEMPLATE} is {value.text}, but there is no such file"
        mend = f"add {value.text} with tables: and parameters:, or write where it is"
        yield Finding(path, mend, wrong, value.line)
        return
    yield from _tables(repo, found)


def _tables(repo: ModelRepo, path: str) -> Iterator[Finding]:
    try:
        tables = parse(repo.text(path)).tables
    except DatasetTemplateError as error:
        yield Finding(path, error.mend, error.wrong, error.line)
        return
    if not tables:
        mend = "write tables: and below it, indented, lines such as loans: data/loans.csv"
        yield Finding(path, mend, "names no table")
    for table in tables:
        if table.file and "://" not in table.file and not _is_there(repo, table.file):
            wrong = f"the table {table.name} is to be {table.file}, but there is no such file"
            mend = "commit the file, or name a table of the workspace"
            yield Finding(path, mend, wrong, table.line)


def _is_there(repo: ModelRepo, location: str) -> bool:
    """Tell whether the path is a file, or a folder of files such as a partitioned table."""
    start = location.removeprefix("./").strip("/").casefold()
    names = (known.casefold() for known in repo.files)
    return any(known == start or known.startswith(f"{start}/") for known in names)
