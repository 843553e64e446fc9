"""Model repositories for the tests: a small good one to change, and some of real-world shape.

A repository is kept in one text file, so that no tool takes its code for ours: each file starts
with a line ``-- path --``.
"""

import re
from pathlib import Path

from core.gate.checks import ModelRepo

FOLDER = Path(__file__).parent
HEAD = re.compile(r"^-- (?P<path>\S+) --\n", re.MULTILINE)
REAL_WORLD = sorted(path.stem for path in FOLDER.glob("*.txt"))

VARIABLES = """\
variables:
  MODEL_NAME: loan_default
  TEAM_NAME: credit_risk
  DATASET_NAME: loans
  DATASET_TEMPLATE_FILE: dataset_template.yml
  ADF_JOB: score_loan_default
  CATEGORY: credit_risk
  ENVIRONMENT_FILE: pip
  FINANCIAL_ID: CR-20417
"""
README = """\
# loan_default

How probable it is that a granted loan defaults within a year, so that an underwriter looks at risky
applications first. The team credit_risk owns it; write to them in the channel of the same name.

## Data
`data/loans.csv`: one row for each loan, with its amount and whether it defaulted.

## How it is trained
A push trains, scores and evaluates it.

## Metrics
`auc`, on loans granted later than those it learnt from. Below 0.65 it is not used.

## Limits
It knows granted loans only, and must not decide alone.
"""
TRAIN = "def train(data, params):\n    return 1\n"
SCORE = """\
def score(model, data, params):
    return []


def evaluate(model, data, params):
    return {"auc": 0.7}
"""
FILES = {
    "README.md": README,
    "model_variables.yml": VARIABLES,
    "requirements.txt": "pandas\n",
    "dataset_template.yml": "tables:\n  loans: data/loans.csv\nparameters:\n  seed: 7\n",
    "data/loans.csv": "a\n1\n",
    "src/train.py": TRAIN,
    "src/score.py": SCORE,
    "tests/test_model.py": "def test_it():\n    assert True\n",
}


def a_repo(
    changes: dict[str, str | bytes | None] | None = None,
    links: dict[str, str] | None = None,
    *,
    variables: str = "",
) -> ModelRepo:
    """The good repository with some files changed, or taken out (None).

    ``variables`` are lines to add to model_variables.yml; one of a name replaces that name's line.
    """
    texts = {**FILES, **(changes or {})}
    if variables:
        texts["model_variables.yml"] = _with(variables)
    files = {
        path: text.encode() if isinstance(text, str) else text
        for path, text in texts.items()
        if text is not None
    }
    return ModelRepo(files=files, links=links or {})


def _with(lines: str) -> str:
    new = [line.strip() for line in lines.strip().splitlines()]
    names = {line.partition(":")[0] for line in new}
    old = VARIABLES.splitlines()[1:]
    kept = [line.strip() for line in old if line.strip().partition(":")[0] not in names]
    return "variables:\n" + "".join(f"  {line}\n" for line in [*kept, *new])


def real_world(name: str) -> ModelRepo:
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    _, *parts = HEAD.split(text)
    files = {path: body.encode() for path, body in zip(parts[::2], parts[1::2], strict=True)}
    return ModelRepo(files=files)
