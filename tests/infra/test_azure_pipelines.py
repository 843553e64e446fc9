"""The pipeline templates: valid by the schema of Azure Pipelines, and naming checks that exist."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from sluss.commands.check import check as command
from workers.gate.checks import CHECKS

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "infra" / "azure_pipelines").glob("*.yml"))
ONLY = re.compile(r"--only (\w+)")


def scripts(path):
    [job] = yaml.safe_load(path.read_text("utf-8"))["jobs"]
    return [step["script"] for step in job["steps"] if "script" in step]


def test_every_template_is_valid_by_the_schema():
    done = subprocess.run(
        [
            *(sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.azure-pipelines"),
            *("--data-transform", "azure-pipelines", *map(str, TEMPLATES)),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[:2000]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_calls_the_gate_in_one_line(path):
    [script, _summary] = scripts(path)
    assert script.startswith("sluss check ")
    assert "\n" not in script
    options = set(re.findall(r"--(\w+)", script))
    assert options <= set(command.__annotations__)


def test_together_the_templates_ask_every_check_once():
    asked = [name for path in TEMPLATES for name in ONLY.findall(scripts(path)[0])]
    assert sorted(asked) == sorted(check.id for check in CHECKS)
