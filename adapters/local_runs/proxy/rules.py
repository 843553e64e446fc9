"""What a model's code may ask of the tracking server: a list, and all else is refused.

A rule names a method, a path, and each field that may be said, with what it must be. A field that
is not named refuses the request, as it might name another run, experiment or model. The REST
interface is there under two prefixes, which are the same to us.
https://mlflow.org/docs/latest/api_reference/rest-api.html
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from adapters.local_runs.proxy.asked import Asked, StrangeRequestError, check_path
from adapters.local_runs.proxy.known import KnownRun

Test = Callable[[Any, KnownRun], bool]
Fields = Mapping[str, Test]

API: Final = r"/(?:ajax-)?api/(?:2|3)\.0/mlflow"
FILES: Final = r"/(?:ajax-)?api/2\.0/mlflow-artifacts/artifacts"
MODEL: Final = r"/logged-models/(?P<model_id>[A-Za-z0-9_-]+)"
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
STATUS: Final = frozenset({"RUNNING", "FINISHED", "FAILED", "KILLED", 1, 3, 4, 5})
DEFAULT_EXPERIMENT: Final = "0"  # a client that was given none says it
PARENT_TAG: Final = "mlflow.parentRunId"
MODEL_STATUS: Final = re.compile(r"[A-Z_]{1,60}")

UNKNOWN: Final = "a run may not ask for that"
NOT_OURS: Final = "{field} is not this run's own"
NO_FIELD: Final = "{field} is no field that a run may name there"
READ_ONLY: Final = "this step may read, and change nothing"


@dataclass(frozen=True)
class Rule:
    """``needs`` are the fields that must be said; of two with a ``|`` between them, one."""

    method: str
    path: re.Pattern[str]
    fields: Fields
    needs: tuple[str, ...] = ()
    writes: bool = False


def _text(value: Any, _known: KnownRun) -> bool:
    return isinstance(value, str)


def _plain(value: Any, _known: KnownRun) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def _run(value: Any, known: KnownRun) -> bool:
    return isinstance(value, str) and value == known.run


def _experiment(value: Any, known: KnownRun) -> bool:
    return isinstance(value, str) and value == known.experiment != ""


def _experiment_name(value: Any, known: KnownRun) -> bool:
    return isinstance(value, str) and value == known.experiment_name != ""


def _own_model(value: Any, known: KnownRun) -> bool:
    return known.is_own_model(value)


def _new_model(value: Any, known: KnownRun) -> bool:
    return known.is_new_model(value)


def _maybe_own_model(value: Any, known: KnownRun) -> bool:
    return value in (None, "") or known.is_own_model(value)


def _status(value: Any, _known: KnownRun) -> bool:
    return isinstance(value, str | int) and value in STATUS


def _model_status(value: Any, _known: KnownRun) -> bool:
    return isinstance(value, str) and MODEL_STATUS.fullmatch(value) is not None


def _free_tag(value: Any, known: KnownRun) -> bool:
    """Tell whether a tag of the run is the model's to set."""
    is_free = not _folded(value).startswith("mlflow.") or value in FREE_TAGS
    return is_free and _model_tag(value, known)


def _model_tag(value: Any, _known: KnownRun) -> bool:
    """Tell whether a tag of a model is; MLflow's client gives those of MLflow to each."""
    return isinstance(value, str) and not _folded(value).startswith("sluss.")


def _folded(name: Any) -> str:
    """Return a name as a database may compare it that knows no case and no accent."""
    letters = unicodedata.normalize("NFKD", str(name).casefold())
    return "".join(one for one in letters if not unicodedata.combining(one)).strip()


def _below(value: Any, _known: KnownRun) -> bool:
    """Tell whether it is a path below a folder that another field names."""
    return value == "" or (isinstance(value, str) and _is_plain_path(value))


def _readable(value: Any, known: KnownRun) -> bool:
    return isinstance(value, str) and _is_plain_path(value) and known.may_read_file(value)


def _writable(value: Any, known: KnownRun) -> bool:
    return isinstance(value, str) and _is_plain_path(value) and known.may_write_file(value)


def _is_plain_path(path: str) -> bool:
    try:
        check_path(path)
    except StrangeRequestError:
        return False
    return bool(path)


def _version_name(value: Any, known: KnownRun) -> bool:
    return known.version is not None and value == known.version[0]


def _version(value: Any, known: KnownRun) -> bool:
    return known.version is not None and value == known.version[1]


def _own_or_default(value: Any, known: KnownRun) -> bool:
    return value == DEFAULT_EXPERIMENT or _experiment(value, known)


def _no_parent(value: Any, _known: KnownRun) -> bool:
    return isinstance(value, str) and value != PARENT_TAG


def _all(**fields: Test) -> Test:
    """Every entry of a list is an object with these fields and no other."""

    def test(value: Any, known: KnownRun) -> bool:
        return isinstance(value, list) and all(
            isinstance(entry, dict)
            and all(name in fields and fields[name](part, known) for name, part in entry.items())
            for entry in value
        )

    return test


def _one(**fields: Test) -> Test:
    every = _all(**fields)
    return lambda value, known: every([value], known)


RUN: Final = "run_id|run_uuid"  # the second is how older clients say it
THE_RUN: Final[Fields] = {"run_id": _run, "run_uuid": _run}
THE_EXPERIMENT: Final[Fields] = {"experiment_id": _experiment}
METRIC: Final[Fields] = {
    "key": _text,
    "value": _plain,
    "timestamp": _plain,
    "step": _plain,
    "model_id": _maybe_own_model,
    "dataset_name": _plain,
    "dataset_digest": _plain,
    "run_id": _run,
}
PAIR: Final[Fields] = {"key": _text, "value": _plain}
TAG: Final[Fields] = {"key": _free_tag, "value": _plain}
MODEL_TAG: Final[Fields] = {"key": _model_tag, "value": _plain}
DATASET: Final[Fields] = dict.fromkeys(
    ("name", "digest", "source_type", "source", "schema", "profile"), _plain
)
VERSION: Final[Fields] = {"name": _version_name, "version": _version}


def _get(path: str, fields: Fields, *needs: str) -> Rule:
    return Rule("GET", re.compile(path), fields, needs)


def _write(method: str, path: str, fields: Fields, *needs: str) -> Rule:
    return Rule(method, re.compile(path), fields, needs, writes=True)


RULES: Final = (
    _get(r"/(?:health|version)", {}),
    _get(f"{API}/server-info", {}),
    _get(f"{API}/runs/get", THE_RUN, RUN),
    _get(
        f"{API}/metrics/get-history",
        {**THE_RUN, "metric_key": _text, "page_token": _text, "max_results": _plain},
        RUN,
    ),
    _get(f"{API}/artifacts/list", {**THE_RUN, "path": _below, "page_token": _text}, RUN),
    _get(r"/get-artifact", {**THE_RUN, "path": _below}, RUN, "path"),
    _get(f"{API}/experiments/get", THE_EXPERIMENT, "experiment_id"),
    _get(
        f"{API}/experiments/get-by-name", {"experiment_name": _experiment_name}, "experiment_name"
    ),
    _get(f"{API}/model-versions/get", VERSION, "name", "version"),
    _get(f"{API}/model-versions/get-download-uri", VERSION, "name", "version"),
    _get(r"/model-versions/get-artifact", {**VERSION, "path": _below}, "name", "version", "path"),
    _get(f"{API}{MODEL}", {"model_id": _own_model}, "model_id"),
    _get(
        f"{API}{MODEL}/artifacts/directories",
        {"model_id": _own_model, "artifact_directory_path": _below, "page_token": _text},
        "model_id",
    ),
    _get(FILES, {"path": _readable}, "path"),
    _get(f"{FILES}/(?P<path>.+)", {"path": _readable}, "path"),
    _write("PUT", f"{FILES}/(?P<path>.+)", {"path": _writable}, "path"),
    _write("POST", f"{API}/runs/update", {**THE_RUN, "status": _status, "end_time": _plain}, RUN),
    # It is answered with the run's own, and none is made: MLflow's client begins a run whenever the
    # one before has ended, and forgets then which one it was given.
    _write(
        "POST",
        f"{API}/runs/create",
        {
            "experiment_id": _own_or_default,
            "user_id": _plain,
            "start_time": _plain,
            "run_name": _plain,
            "tags": _all(key=_no_parent, value=_plain),
        },
    ),
    _write("POST", f"{API}/runs/log-metric", {**METRIC, **THE_RUN}, RUN),
    _write("POST", f"{API}/runs/log-parameter", {**PAIR, **THE_RUN}, RUN),
    _write("POST", f"{API}/runs/set-tag", {**TAG, **THE_RUN}, RUN, "key"),
    _write("POST", f"{API}/runs/delete-tag", {"key": _free_tag, **THE_RUN}, RUN, "key"),
    _write(
        "POST",
        f"{API}/runs/log-batch",
        {"run_id": _run, "metrics": _all(**METRIC), "params": _all(**PAIR), "tags": _all(**TAG)},
        RUN,
    ),
    _write(
        "POST",
        f"{API}/runs/log-inputs",
        {
            "run_id": _run,
            "datasets": _all(tags=_all(**PAIR), dataset=_one(**DATASET)),
            "models": _all(model_id=_own_model),
        },
        RUN,
    ),
    _write(
        "POST",
        f"{API}/runs/outputs",
        {"run_id": _run, "models": _all(model_id=_new_model, step=_plain)},
        RUN,
    ),
    _write("POST", f"{API}/runs/log-model", {"run_id": _run, "model_json": _text}, RUN),
    _write(
        "POST",
        f"{API}/logged-models",
        {
            "experiment_id": _experiment,
            "source_run_id": _run,
            "name": _plain,
            "model_type": _plain,
            "params": _all(**PAIR),
            "tags": _all(**MODEL_TAG),
        },
        "experiment_id",
        "source_run_id",
    ),
    _write("PATCH", f"{API}{MODEL}", {"model_id": _new_model, "status": _model_status}, "model_id"),
    _write(
        "POST", f"{API}{MODEL}/params", {"model_id": _new_model, "params": _all(**PAIR)}, "model_id"
    ),
    _write(
        "PATCH",
        f"{API}{MODEL}/tags",
        {"model_id": _new_model, "tags": _all(**MODEL_TAG)},
        "model_id",
    ),
)


def refusal(asked: Asked, known: KnownRun) -> str:
    """Return why a request may not pass, "" when it may."""
    for rule in RULES:
        match = rule.path.fullmatch(asked.path)
        if match is not None and rule.method == asked.method:
            return _problem(rule, match.groupdict(), asked, known)
    return UNKNOWN


def creates_run(asked: Asked) -> bool:
    return asked.method == "POST" and re.fullmatch(f"{API}/runs/create", asked.path) is not None


def creates_model(asked: Asked) -> bool:
    return asked.method == "POST" and re.fullmatch(f"{API}/logged-models", asked.path) is not None


def is_upload(asked: Asked) -> bool:
    return asked.method == "PUT" and re.fullmatch(f"{FILES}/.+", asked.path) is not None


def _problem(rule: Rule, named: Mapping[str, str], asked: Asked, known: KnownRun) -> str:
    if rule.writes and not known.may_write:
        return READ_ONLY
    said = {**asked.query} if rule.method == "GET" else {**(asked.body or {})}
    if rule.method != "GET" and asked.query:
        return NO_FIELD.format(field=min(asked.query))
    for field in named:
        if field in said and said[field] != named[field]:
            return NOT_OURS.format(field=field)
    return _wrong_field(rule, {**said, **named}, known)


def _wrong_field(rule: Rule, said: Mapping[str, Any], known: KnownRun) -> str:
    for field, value in said.items():
        if field not in rule.fields:
            return NO_FIELD.format(field=repr(field[:50]))
        if not rule.fields[field](value, known):
            return NOT_OURS.format(field=field)
    missing = next((need for need in rule.needs if not said.keys() & set(need.split("|"))), "")
    return NOT_OURS.format(field=missing) if missing else ""
