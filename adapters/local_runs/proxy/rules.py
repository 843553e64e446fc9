"""What a model's code may ask of the tracking server: a list, and all else is refused.

A rule names a method, a path, and each field that may be said, with what it must be. A field that
is not named refuses the request, as it might name another run, experiment or model. The REST
interface is there under two prefixes, which are the same to us.
https://mlflow.org/docs/latest/api_reference/rest-api.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from adapters.local_runs.proxy import fields
from adapters.local_runs.proxy.asked import Asked
from adapters.local_runs.proxy.fields import Fields
from adapters.local_runs.proxy.known import KnownRun

API: Final = r"/(?:ajax-)?api/(?:2|3)\.0/mlflow"
FILES: Final = r"/(?:ajax-)?api/2\.0/mlflow-artifacts/artifacts"
MODEL: Final = r"/logged-models/(?P<model_id>[A-Za-z0-9_-]+)"
UNKNOWN: Final = "a run may not ask for that"
NOT_OURS: Final = "{field} is not this run's own"
NO_FIELD: Final = "{field} is no field that a run may name there"


@dataclass(frozen=True)
class Rule:
    """``needs`` are the fields that must be said; of two with a ``|`` between them, one."""

    method: str
    path: re.Pattern[str]
    takes: Fields
    needs: tuple[str, ...] = ()


RUN: Final = "run_id|run_uuid"  # the second is how older clients say it
THE_RUN: Final[Fields] = {"run_id": fields.run, "run_uuid": fields.run}
THE_EXPERIMENT: Final[Fields] = {"experiment_id": fields.experiment}
METRIC: Final[Fields] = {
    "key": fields.text,
    "value": fields.plain,
    "timestamp": fields.plain,
    "step": fields.plain,
    "model_id": fields.maybe_own_model,
    "dataset_name": fields.plain,
    "dataset_digest": fields.plain,
    "run_id": fields.run,
}
PAIR: Final[Fields] = {"key": fields.text, "value": fields.plain}
TAG: Final[Fields] = {"key": fields.free_tag, "value": fields.plain}
MODEL_TAG: Final[Fields] = {"key": fields.model_tag, "value": fields.plain}
DATASET: Final[Fields] = dict.fromkeys(
    ("name", "digest", "source_type", "source", "schema", "profile"), fields.plain
)
VERSION: Final[Fields] = {"name": fields.version_name, "version": fields.version}


def _get(path: str, takes: Fields, *needs: str) -> Rule:
    return Rule("GET", re.compile(path), takes, needs)


def _write(method: str, path: str, takes: Fields, *needs: str) -> Rule:
    return Rule(method, re.compile(path), takes, needs)


RULES: Final = (
    _get(r"/(?:health|version)", {}),
    _get(f"{API}/server-info", {}),
    _get(f"{API}/runs/get", THE_RUN, RUN),
    _get(
        f"{API}/metrics/get-history",
        {
            **THE_RUN,
            "metric_key": fields.text,
            "page_token": fields.text,
            "max_results": fields.plain,
        },
        RUN,
    ),
    _get(
        f"{API}/artifacts/list", {**THE_RUN, "path": fields.below, "page_token": fields.text}, RUN
    ),
    _get(r"/get-artifact", {**THE_RUN, "path": fields.below}, RUN, "path"),
    _get(f"{API}/experiments/get", THE_EXPERIMENT, "experiment_id"),
    _get(
        f"{API}/experiments/get-by-name",
        {"experiment_name": fields.experiment_name},
        "experiment_name",
    ),
    _get(f"{API}/model-versions/get", VERSION, "name", "version"),
    _get(f"{API}/model-versions/get-download-uri", VERSION, "name", "version"),
    _get(
        r"/model-versions/get-artifact",
        {**VERSION, "path": fields.below},
        "name",
        "version",
        "path",
    ),
    _get(f"{API}{MODEL}", {"model_id": fields.own_model}, "model_id"),
    _get(
        f"{API}{MODEL}/artifacts/directories",
        {
            "model_id": fields.own_model,
            "artifact_directory_path": fields.below,
            "page_token": fields.text,
        },
        "model_id",
    ),
    _get(FILES, {"path": fields.readable}, "path"),
    _get(f"{FILES}/(?P<path>.+)", {"path": fields.readable}, "path"),
    _write("PUT", f"{FILES}/(?P<path>.+)", {"path": fields.writable}, "path"),
    _write(
        "POST",
        f"{API}/runs/update",
        {**THE_RUN, "status": fields.status, "end_time": fields.plain},
        RUN,
    ),
    # It is answered with the run's own, and none is made: MLflow's client begins a run whenever the
    # one before has ended, and forgets then which one it was given.
    _write(
        "POST",
        f"{API}/runs/create",
        {
            "experiment_id": fields.own_or_default,
            "user_id": fields.plain,
            "start_time": fields.plain,
            "run_name": fields.plain,
            "tags": fields.every(key=fields.no_parent, value=fields.plain),
        },
    ),
    _write("POST", f"{API}/runs/log-metric", {**METRIC, **THE_RUN}, RUN),
    _write("POST", f"{API}/runs/log-parameter", {**PAIR, **THE_RUN}, RUN),
    _write("POST", f"{API}/runs/set-tag", {**TAG, **THE_RUN}, RUN, "key"),
    _write("POST", f"{API}/runs/delete-tag", {"key": fields.free_tag, **THE_RUN}, RUN, "key"),
    _write(
        "POST",
        f"{API}/runs/log-batch",
        {
            "run_id": fields.run,
            "metrics": fields.every(**METRIC),
            "params": fields.every(**PAIR),
            "tags": fields.every(**TAG),
        },
        RUN,
    ),
    _write(
        "POST",
        f"{API}/runs/log-inputs",
        {
            "run_id": fields.run,
            "datasets": fields.every(tags=fields.every(**PAIR), dataset=fields.one(**DATASET)),
            "models": fields.every(model_id=fields.own_model),
        },
        RUN,
    ),
    _write(
        "POST",
        f"{API}/runs/outputs",
        {
            "run_id": fields.run,
            "models": fields.every(model_id=fields.new_model, step=fields.plain),
        },
        RUN,
    ),
    _write("POST", f"{API}/runs/log-model", {"run_id": fields.run, "model_json": fields.text}, RUN),
    _write(
        "POST",
        f"{API}/logged-models",
        {
            "experiment_id": fields.experiment,
            "source_run_id": fields.run,
            "name": fields.plain,
            "model_type": fields.plain,
            "params": fields.every(**PAIR),
            "tags": fields.every(**MODEL_TAG),
        },
        "experiment_id",
        "source_run_id",
    ),
    _write(
        "PATCH",
        f"{API}{MODEL}",
        {"model_id": fields.new_model, "status": fields.model_status},
        "model_id",
    ),
    _write(
        "POST",
        f"{API}{MODEL}/params",
        {"model_id": fields.new_model, "params": fields.every(**PAIR)},
        "model_id",
    ),
    _write(
        "PATCH",
        f"{API}{MODEL}/tags",
        {"model_id": fields.new_model, "tags": fields.every(**MODEL_TAG)},
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
    said = {**asked.query} if rule.method == "GET" else {**(asked.body or {})}
    if rule.method != "GET" and asked.query:
        return NO_FIELD.format(field=min(asked.query))
    for field in named:
        if field in said and said[field] != named[field]:
            return NOT_OURS.format(field=field)
    return _wrong_field(rule, {**said, **named}, known)


def _wrong_field(rule: Rule, said: Mapping[str, Any], known: KnownRun) -> str:
    for field, value in said.items():
        if field not in rule.takes:
            return NO_FIELD.format(field=repr(field[:50]))
        if not rule.takes[field](value, known):
            return NOT_OURS.format(field=field)
    missing = next((need for need in rule.needs if not said.keys() & set(need.split("|"))), "")
    return NOT_OURS.format(field=missing) if missing else ""
