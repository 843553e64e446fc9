"""The check ``entry_points``: the model's files define the functions that the steps call."""

from collections.abc import Iterator

from core.gate.checks import GBI, Finding, ModelRepo, check
from core.gate.facts import CheckFacts
from core.gate.layout import Layout
from core.gate.variables import model_settings
from core.words import ModelType
from workers.gate.contract.entry_point import WantedFunction, findings
from workers.gate.contract.python_source import NOTEBOOK_ENDING, cells


@check(
    "entry_points",
    owner=GBI,
    priority=1,
    title="train.py and score.py define their functions",
    mend="Define the function at the top of the file, with the parameters that the finding names; "
    "it may call whatever you have.",
)
def entry_points(repo: ModelRepo, facts: CheckFacts) -> Iterator[Finding]:
    """The pipeline calls train(data, params), score(model, data, params) and evaluate(model, ...).

    Only the syntax tree is read: the code of a model is never imported here.
    """
    layout = facts.layout
    settings = model_settings(repo, layout=layout, gbi=facts.gbi)
    train = _path(settings.source_path, layout.train)
    score = _path(settings.source_path, layout.score)
    if repo.find(train) is not None:
        yield from findings(repo, train, _of_train(layout))
    elif settings.model_type in facts.train_required:
        yield _missing(repo, train, _of_train(layout), settings.model_type)
    if repo.find(score) is not None:
        yield from findings(repo, score, _of_score(layout))
    else:
        yield _missing(repo, score, _of_score(layout))


def _of_train(layout: Layout) -> tuple[WantedFunction, ...]:
    return (WantedFunction(layout.train_function, ("data", "params"), "model"),)


def _of_score(layout: Layout) -> tuple[WantedFunction, ...]:
    parameters = ("model", "data", "params")
    return (
        WantedFunction(layout.score_function, parameters, "predictions"),
        WantedFunction(layout.evaluate_function, parameters, "metrics"),
    )


def _path(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder not in {"", "."} else name


def _missing(
    repo: ModelRepo,
    path: str,
    wanted: tuple[WantedFunction, ...],
    model_type: ModelType | None = None,
) -> Finding:
    functions = " and ".join(each.signature for each in wanted)
    if link := repo.link(path):
        return Finding(link, f"commit {path} itself in its place", "is a link, which is not read")
    name = path.rpartition("/")[2]
    if notebook := _anywhere(repo, name.removesuffix(".py") + NOTEBOOK_ENDING):
        return _in_notebook(repo, notebook, path, functions)
    if moved := _anywhere(repo, name):
        mend = f"move it to {path}, or set MODEL_SRC_PATH to its folder"
        return Finding(moved, mend, f"is not where {path} is looked for")
    mend = f"add {path} with {functions}"
    if model_type is None:
        return Finding(path, mend, "is missing")
    ask = f"is missing although MODEL_TYPE is {model_type}; is this model rulebased?"
    return Finding(path, f"{mend}, or set MODEL_TYPE: {ModelType.RULEBASED}", ask)


def _anywhere(repo: ModelRepo, name: str) -> str:
    wanted = name.casefold()
    return next((path for path in repo.files if path.rpartition("/")[2].casefold() == wanted), "")


def _in_notebook(repo: ModelRepo, notebook: str, path: str, functions: str) -> Finding:
    first = functions.partition("(")[0]
    known = cells(repo.files[notebook])
    cell = next((cell.number for cell in known if f"def {first}(" in cell.source), 0)
    where = f" ({first} is in cell {cell})" if cell else ""
    mend = f"move the functions to {path} with {functions}{where}"
    return Finding(notebook, mend, "is a notebook, which the pipeline does not run")
