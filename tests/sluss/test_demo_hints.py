"""The hints of the demo: what they say to type pushes what was mended."""

import asyncio
import os
import subprocess
from io import StringIO

import pytest
from rich.console import Console

from core.gate.checks import CheckResult, Finding, Status
from core.results import Checked
from core.words import Step
from sluss.demo.folder import DemoFolder
from sluss.demo.repository import DemoRepository
from sluss.demo.run import Guide
from sluss.home.settings import load
from tests.adapters.bare_repositories.bare_world import git
from tests.core.story import Story

BLOCKED = Checked(
    checks=(
        CheckResult(
            check="entry_points", title="The functions are there", owner="GBI", priority=1,
            status=Status.FOUND,
            findings=(Finding("src/score.py", "define evaluate()", "it has none", line=7),),
        ),
        CheckResult(
            check="clones", title="No copied code", owner="GBI", priority=5,
            status=Status.NOT_CHECKED, note="no clone index here",
        ),
    ),
    model="loan_default", team="credit",
)  # fmt: skip
EVIL = "<script>alert(1)</script>"


@pytest.mark.parametrize("folder", ['it\'s a "new" $HOME'])
async def test_the_hint_of_a_blocked_release_pushes_what_was_mended(home, tmp_path, folder):
    place = tmp_path / folder
    settings = load(home, {})
    astrid = next(each for each in settings.files.people if each.id == "astrid")
    repository = DemoRepository(place / "loan_default", settings, author=astrid)
    repository.folder.mkdir(parents=True)
    repository.write("model_variables.yml", "wrong")
    await repository._git("init", "--quiet", "--initial-branch=main")
    await repository.bring_on_board("credit_risk")
    await repository.configure()
    await repository.push()

    said = StringIO()
    console = Console(file=said, soft_wrap=True)
    guide = Guide(settings, None, DemoFolder(place, is_kept=True), console)
    guide._tell(Story().push(1).finish(Step.CHECK, BLOCKED).release)
    repository.write("model_variables.yml", "mended")
    typed = said.getvalue().splitlines()[-1].strip()
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    await asyncio.to_thread(
        subprocess.run, ["sh", "-c", typed], cwd=tmp_path, env=env, check=True, capture_output=True
    )

    bare = home / "repositories" / "loan_default.git"
    assert git(bare, "show", "main:model_variables.yml") == "mended"
