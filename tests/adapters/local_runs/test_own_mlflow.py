"""A model's requirements are its own: it may have another MLflow than ours, and it may have none."""

import pytest
from mlflow.tracking import MlflowClient

from adapters.local_runs.harness.carried_model import SETTINGS
from adapters.local_runs.made import requirements_of_version
from core.errors import StepFailedError
from core.ports import RunState
from core.words import ReleaseId, Step
from tests.adapters.ml_platform_contract import finish, key, outcome, whole_log
from tests.adapters.ml_platform_models import MODEL, spec, training

OLD = ("requirements.txt", "mlflow-skinny==2.21.3\n")
LOGS = """\
import mlflow
print("mlflow", mlflow.__version__)
mlflow.log_metric("depth", 3)
mlflow.set_tag("colour", "red")
mlflow.log_dict({"a": 1}, "notes.json")
try:
    mlflow.set_tag("sluss.release", "another")
except mlflow.exceptions.MlflowException as error:
    print("no:", error.error_code)
try:
    mlflow.MlflowClient().set_registered_model_alias("loan_default", "prod", "1")
except mlflow.exceptions.MlflowException as error:
    print("no:", error.error_code)
return 1
"""
NONE = """\
import importlib.util
print("mlflow is here:", importlib.util.find_spec("mlflow") is not None)
return 1
"""


@pytest.fixture
async def run(tracking):
    return await tracking.open_run(MODEL, ReleaseId(f"loan_default-{key()[5:]}"), {})


async def test_an_older_mlflow_works_through_the_proxy(platform, machine, run):
    started = await platform.start(
        spec(key(), Step.TRAIN, run, code=training(LOGS), environment=OLD)
    )
    look = await finish(platform, started)
    log = await whole_log(platform, started)
    assert look.state is RunState.SUCCEEDED, (look.reason, log)
    assert "mlflow 2.21.3" in log
    assert log.count("no: PERMISSION_DENIED") == 2
    found = MlflowClient(machine.tracking_uri).get_run(run).data
    assert (found.metrics["depth"], found.tags["colour"]) == (3, "red")
    assert found.tags["sluss.release"].startswith("loan_default-")


async def test_no_mlflow_is_needed(platform, run):
    wanted = spec(key(), Step.TRAIN, run, code=training(NONE))
    assert await outcome(platform, wanted)
    assert "mlflow is here: False" in await whole_log(platform, await platform.start(wanted))


@pytest.mark.parametrize(
    "settings",
    [
        '{"requirements": ["six @ http://127.0.0.1:1/six-1-py3-none-any.whl"]}',
        '{"requirements": ["--index-url elsewhere"]}',
        '{"requirements": 3}',
        "{}",
        "{",
        '{"requirements": ["\udcff"]}',
        '{"x": ' + "[" * 50_000,
    ],
    ids=range(7),
)
def test_what_a_foreign_version_asks_for_is_read_as_strictly_as_a_file(tmp_path, settings):
    (tmp_path / SETTINGS).write_bytes(settings.encode(errors="surrogateescape"))
    with pytest.raises(StepFailedError):
        requirements_of_version(tmp_path)
