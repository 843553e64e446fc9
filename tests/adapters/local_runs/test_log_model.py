"""What logs a model neither imports its code nor unpickles it, and others can load it."""

import json
import subprocess
import sys
from pathlib import Path

import cloudpickle
from mlflow.artifacts import download_artifacts
from mlflow.tracking import MlflowClient

from adapters.local_runs.begin import logging_process
from adapters.local_runs.harness import carried_model
from adapters.local_runs.log_model import ModelFiles
from adapters.local_runs.made import LOADER, Logger, requirements_of

EVIL = "open({!r}, 'w').write('imported')\n"
LOAD = """
import sys, mlflow.pyfunc, pandas as pd
model = mlflow.pyfunc.load_model(sys.argv[1])
print(model.predict(pd.DataFrame({"a": [1, 2]})), model.predict({"rows": pd.DataFrame({"a": [3]})}))
"""
SCORE = "def score(model, data, params):\n    return [model['rate'] for _ in data['rows'].read()['a']]\n"


def laid_out(folder: Path, score: str, pickle: bytes, loader: str) -> Path:
    (folder / "state").mkdir(parents=True)
    (folder / "code" / "src").mkdir(parents=True)
    settings = {"source_path": "src", "tables": ["rows"], "parameters": {}, "requirements": []}
    (folder / "state" / "settings.json").write_text(json.dumps(settings))
    (folder / "state" / "model.pkl").write_bytes(pickle)
    (folder / "code" / "src" / "score.py").write_text(score)
    (folder / "code" / f"{LOADER}.py").write_text(loader)
    return folder


def logged(machine, files: Path):
    client = MlflowClient(machine.tracking_uri)
    run = client.create_run("0").info.run_id
    order = ModelFiles(
        tracking_uri=machine.tracking_uri,
        run=run,
        state=str(files / "state"),
        code=str(files / "code"),
        loader=LOADER,
        requirements=requirements_of(Path(sys.executable), ("six==1.17.0 --hash=sha256:00",)),
    )
    logger = Logger(logging_process())
    try:
        return client.get_logged_model(logger.log(order))
    finally:
        logger.end()


class _Evil:
    def __init__(self, text: str) -> None:
        self.text = text

    def __reduce__(self):
        return exec, (self.text,)


def test_no_code_of_the_model_is_run_by_who_logs_it(machine, tmp_path):
    planted = tmp_path / "planted"
    evil = EVIL.format(str(planted))
    files = laid_out(tmp_path / "files", evil, cloudpickle.dumps(_Evil(evil)), evil)
    assert logged(machine, files).status == "READY"
    assert not planted.exists()


def test_what_was_logged_is_loaded_by_mlflow_alone(machine, tmp_path):
    loader = Path(carried_model.__file__).read_text()
    files = laid_out(tmp_path / "files", SCORE, cloudpickle.dumps({"rate": 0.5}), loader)
    model = logged(machine, files)
    client = MlflowClient(machine.tracking_uri)
    to = tmp_path / "fetched"
    to.mkdir()
    fetched = Path(
        download_artifacts(
            model.artifact_location, dst_path=str(to), tracking_uri=machine.tracking_uri
        )
    )
    said = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOAD, str(fetched)],
        capture_output=True, check=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert said.stdout.splitlines()[-1] == "[0.5, 0.5] [0.5]"
    assert "six==1.17.0" in (fetched / "requirements.txt").read_text().splitlines()
    assert client.get_run(model.source_run_id).info.status == "FINISHED"
