"""The scripted story holds as well where the code is at Azure DevOps, which the peer plays."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.story.up import end_everything, made_home

pytestmark = [pytest.mark.story, pytest.mark.timeout(1500)]

ROOT = Path(__file__).parents[2]
SCENES = 7


def test_every_scene_holds_and_no_push_is_missing(tmp_path_factory, environments):
    folder = tmp_path_factory.mktemp("hosted")
    home = made_home(folder / "home", environments)
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "tests.demo_azure_devops", "--keep", str(folder)],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
    finally:
        end_everything(home)
    said = ended.stdout
    assert ended.returncode == 0, said
    assert said.count("held in") == SCENES
    assert "the author is told: You may not decide about this" in said
    assert "sluss/gate succeeded" in said
    assert "missing: 0" in said
