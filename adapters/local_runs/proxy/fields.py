"""What a field of a request must be to pass: one test for each kind of value that a rule names."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, Final

from adapters.local_runs.proxy.asked import StrangeRequestError, check_path
from adapters.local_runs.proxy.known import KnownRun

Test = Callable[[Any, KnownRun], bool]
Fields = Mapping[str, Test]

# What is read of a run's tags later, by us and in MLflow's pages, is not the model's to say.
FREE_TAGS: Final = frozenset(
    {
        "mlflow.autologging",
        "mlflow.log-model.history",
        "mlflow.loggedArtifacts",
        "mlflow.loggedImages",
        "mlflow.note.content",
    }
)
OURS, MLFLOW = "sluss", "mlflow"  # tags that begin with it and a dot
STATUS: Final = frozenset({"RUNNING", "FINISHED", "FAILED", "KILLED", 1, 3, 4, 5})
DEFAULT_EXPERIMENT: Final = "0"  # a client that was given none says it
PARENT_TAG: Final = "mlflow.parentRunId"
MODEL_STATUS: Final = re.compile(r"[A-Z_]{1,60}")


def text(value: Any, _known: KnownRun) -> bool:
    return isinstance(value, str)


def plain(value: Any, _known: KnownRun) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def run(value: Any, known: KnownRun) -> bool:
    return isinstance(value, str) and value == known.run


def experiment(value: Any, known: KnownRun) -> bool:
    return isinstance(value, str) and value == known.experiment != ""


def experiment_name(value: Any, known: KnownRun) -> bool:
    return isinstance(value, str) and value == known.experiment_name != ""


def own_model(value: Any, known: KnownRun) -> bool:
    return known.is_own_model(value)


def new_model(value: Any, known: KnownRun) -> bool:
    return known.is_new_model(value)


def maybe_own_model(value: Any, known: KnownRun) -> bool:
    return value in (None, "") or known.is_own_model(value)


def status(value: Any, _known: KnownRun) -> bool:
    return isinstance(value, str | int) and value in STATUS


def model_status(value: Any, _known: KnownRun) -> bool:
    return isinstance(value, str) and MODEL_STATUS.fullmatch(value) is not None


def free_tag(value: Any, _known: KnownRun) -> bool:
    """Tell whether a tag of the run is the model's to set."""
    return isinstance(value, str) and (value in FREE_TAGS or _owner(value) not in {OURS, MLFLOW})


def model_tag(value: Any, _known: KnownRun) -> bool:
    """Tell whether a tag of a model is; MLflow's client gives those of MLflow to each."""
    return isinstance(value, str) and _owner(value) != OURS


def _owner(name: str) -> str:
    """Return whose a tag is: what stands before its first dot.

    A database may compare names without case, accents and strokes, and leap over letters that
    nobody sees. So whatever is not plain there counts as ours.
    """
    first, dot, _ = unicodedata.normalize("NFKD", name).partition(".")
    if not dot:
        return ""
    return first.strip().casefold() if first.isascii() and first.isprintable() else OURS


def below(value: Any, _known: KnownRun) -> bool:
    """Tell whether it is a path below a folder that another field names."""
    return value == "" or (isinstance(value, str) and _is_plain_path(value))


def readable(value: Any, known: KnownRun) -> bool:
    return isinstance(value, str) and _is_plain_path(value) and known.may_read_file(value)


def writable(value: Any, known: KnownRun) -> bool:
    return isinstance(value, str) and _is_plain_path(value) and known.may_write_file(value)


def _is_plain_path(path: str) -> bool:
    try:
        check_path(path)
    except StrangeRequestError:
        return False
    return bool(path)


def version_name(value: Any, known: KnownRun) -> bool:
    return known.version is not None and value == known.version[0]


def version(value: Any, known: KnownRun) -> bool:
    return known.version is not None and value == known.version[1]


def own_or_default(value: Any, known: KnownRun) -> bool:
    return value == DEFAULT_EXPERIMENT or experiment(value, known)


def no_parent(value: Any, _known: KnownRun) -> bool:
    return isinstance(value, str) and value != PARENT_TAG


def every(**parts: Test) -> Test:
    """Every entry of a list is an object with these fields and no other."""

    def test(value: Any, known: KnownRun) -> bool:
        return isinstance(value, list) and all(
            isinstance(entry, dict)
            and all(name in parts and parts[name](part, known) for name, part in entry.items())
            for entry in value
        )

    return test


def one(**parts: Test) -> Test:
    test = every(**parts)
    return lambda value, known: test([value], known)
