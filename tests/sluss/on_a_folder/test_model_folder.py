"""A secret that a local commit brought and a later one took out is found before it is pushed."""

import secrets

import pytest

from sluss.on_a_folder.model_folder import local_history
from tests.adapters.bare_repositories.bare_world import git
from tests.sluss.command_line import run
from tests.sluss.work_tree import commit

LIMIT = 100


@pytest.fixture
def token(work):
    """A token that the first commit brings and the second one removes."""
    found = "dapi" + secrets.token_hex(16)
    (work / "settings.py").write_text(f'TOKEN = "{found}"\n')
    git(work, "add", "--all")
    commit(work, "Add the settings")
    (work / "settings.py").unlink()
    git(work, "add", "--all")
    commit(work, "Take them out")
    return found


async def test_what_a_later_commit_took_out_is_there(work, token):
    history = await local_history(work, LIMIT)
    assert [(past.path, token.encode() in past.data) for past in history] == [("settings.py", True)]


async def test_what_was_pushed_is_no_longer_looked_at(work, token, tmp_path):
    git(tmp_path, "init", "--quiet", "--bare", "given.git")
    git(work, "push", "--quiet", "--set-upstream", str(tmp_path / "given.git"), "HEAD:main")
    git(work, "fetch", "--quiet", str(tmp_path / "given.git"), "main:refs/remotes/given/main")
    git(work, "config", "remote.given.url", str(tmp_path / "given.git"))
    git(work, "config", "remote.given.fetch", "+refs/heads/*:refs/remotes/given/*")
    branch = git(work, "rev-parse", "--abbrev-ref", "HEAD")
    git(work, "branch", "--quiet", "--set-upstream-to=given/main", branch)
    assert await local_history(work, LIMIT) == ()


async def test_a_folder_without_git_or_a_commit_has_none(tmp_path):
    assert await local_history(tmp_path, LIMIT) is None
    git(tmp_path, "init", "--quiet")
    assert await local_history(tmp_path, LIMIT) is None


def test_the_gate_tells_it_and_does_not_show_it(work, token):
    done = run("check", work, "--only", "secrets")
    assert done.exit_code == 1
    assert "settings.py" in done.output
    assert token not in done.output
