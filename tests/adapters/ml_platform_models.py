"""Small model repositories for the contract of the machine learning platform."""

from collections.abc import Mapping
from typing import Any

from core.gate.checks import ModelRepo
from core.ports import RunSpec
from core.words import ModelType, ReleaseId, Stage, Step

MODEL = "loan_default"
APPLICATIONS = b"income,bad\n10,1\n20,0\n30,0\n40,0\n"
DATASET = """\
tables:
  applications: data/applications.csv
parameters:
  margin: 0.1
"""
CONDA = """\
name: loan_default
channels: [conda-forge]
dependencies:
  - python=3.11
  - pip
"""

RATE = """\
class Rate:
    def __init__(self, value):
        self.value = value
"""
TRAIN = """\
from rate import Rate


def train(data, params):
    applications = data["applications"].read()
    print("rows:", len(applications))
    return Rate(float(applications["bad"].mean()) + params["margin"])
"""
SCORE = """\
def score(model, data, params):
    return [model.value for _ in data["applications"].read()["income"]]


def evaluate(model, data, params):
    return {"rate": model.value, "rows": len(data["applications"].read())}
"""
RULES = """\
def score(model, data, params):
    assert model is None
    return (data["applications"].read()["income"] < 15).astype(float)


def evaluate(model, data, params):
    return {"refused": float(score(model, data, params).mean())}
"""


def repository(files: Mapping[str, str] | None = None, *, links: tuple[str, ...] = ()) -> ModelRepo:
    """A supervised model; ``files`` replace and add."""
    texts = {"src/rate.py": RATE, "src/train.py": TRAIN, "src/score.py": SCORE, **(files or {})}
    contents = {path: text.encode() for path, text in texts.items()}
    return ModelRepo(
        files={"data/applications.csv": APPLICATIONS, **contents},
        links=dict.fromkeys(links, "/etc/hostname"),
    )


RULEBASED = ModelRepo(files={"data/applications.csv": APPLICATIONS, "src/score.py": RULES.encode()})


def training(body: str) -> ModelRepo:
    """A model whose train() has this body."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return repository({"src/train.py": f"def train(data, params):\n{lines}\n"})


def spec(key: str, step: Step, run: str, **changes: Any) -> RunSpec:
    known: dict[str, Any] = {
        "key": key,
        "release": ReleaseId("loan_default-1"),
        "step": step,
        "stage": Stage.TST,
        "model": MODEL,
        "model_type": ModelType.SUPERVISED,
        "code": repository(),
        "source_path": "src",
        "environment": ("conda.yml", CONDA),
        "dataset": DATASET,
        "commit": "c" * 40,
        "variables": {"MODEL_NAME": MODEL},
        "tracking_run": run,
        "time_limit_s": 120.0,
        "memory_limit_mb": 1500,
    }
    return RunSpec(**{**known, **changes})
