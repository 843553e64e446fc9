"""The paths that model_variables.yml names are really there, and so are the dataset's files."""

from collections.abc import Iterator, Mapping

from core.gate.checks import Finding, ModelRepo
from core.gate.dataset_template import DatasetTemplateError, parse
from core.gate.variables import Value, find, problem

TEMPLATE = "DATASET_TEMPLATE_FILE"
SOURCES = "MODEL_SRC_PATH"


def place_findings(repo: ModelRepo, values: Mapping[str, Value], path: str) -> Iterator[Finding]:
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
    """A file, or a folder of files such as a partitioned table."""
    start = location.removeprefix("./").strip("/").casefold()
    names = (known.casefold() for known in repo.files)
    return any(known == start or known.startswith(f"{start}/") for known in names)
