"""Where no walls can be made, a start says so before anything else, and what to do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.gate.tools import Level
from sluss.home.prepare import prepare_home
from sluss.home.settings import from_environment, load
from sluss.wiring.lock import Role
from sluss.wiring.safe import beside_identity, refuse_without_walls, with_sandbox

ROOT = Path(__file__).parents[3]
WITHOUT = (
    "unshare", "--user", "--map-root-user", "sh", "-c",
    'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"', "sh",
)  # fmt: skip


def without_walls(*words):
    return in_no_walls(sys.executable, "-m", "sluss", *words)


def in_no_walls(*words):
    """Run it where the kernel gives nobody a namespace."""
    tried = subprocess.run([*WITHOUT, "true"], check=False, capture_output=True)
    if tried.returncode != 0:
        pytest.skip("this machine lets nobody take namespaces away")
    return subprocess.run(
        [*WITHOUT, *words],
        check=False, capture_output=True, text=True, cwd=ROOT, timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT), "SLUSS_PORT": "1"},
    )  # fmt: skip


@pytest.mark.parametrize("words", [("up", "--home"), ("demo", "--script", "--keep")])
def test_a_start_without_walls_says_the_two_ways_on(tmp_path, words):
    ended = without_walls(*words, str(tmp_path / "here"))
    said = " ".join((ended.stdout + ended.stderr).split())
    assert ended.returncode != 0
    assert "with limits only, where namespaces are asked for, so that nothing was started" in said
    assert "allow user namespaces" in said
    assert "--sandbox limits" in said
    assert not [*(tmp_path / "here").rglob("mlflow.db")]


async def test_whoever_chose_limits_is_let_in_and_reads_so_everywhere(tmp_path):
    prepare_home(tmp_path)
    chosen = with_sandbox(from_environment(tmp_path), Level.LIMITS)
    await refuse_without_walls(chosen, Role.ALL)
    assert "A model's code may run without walls here" in chosen.files.policy.notice
    assert from_environment(tmp_path).files.policy.notice == ""


@pytest.mark.parametrize(
    "given",
    [
        {"SLUSS_IDENTITY": "0f3b6f0e-8d4a-4c1b-9a55-3f6f7f7a1d11"},
        {"SLUSS_SECRET_AZURE_DEVOPS_TOKEN": "a-personal-token"},
        {"IDENTITY_ENDPOINT": "http://169.254.130.1/msi/token"},
    ],
    ids=["an identity", "a token", "a machine that gives tokens to anybody on it"],
)
def test_beside_an_identity_nothing_runs_without_walls_whoever_chose_it(tmp_path, given):
    prepare_home(tmp_path)
    chosen = with_sandbox(load(tmp_path, given), Level.LIMITS)
    settings = beside_identity(chosen)
    assert settings.files.policy.rules.sandbox == "namespaces"
    assert settings.files.policy.notice == ""


def test_without_one_it_stays_as_it_was_chosen(tmp_path):
    prepare_home(tmp_path)
    chosen = with_sandbox(load(tmp_path, {}), Level.LIMITS)
    assert beside_identity(chosen) is chosen


def test_a_worker_with_an_identity_starts_where_no_walls_are(tmp_path):
    prepare_home(tmp_path)
    program = (
        "import asyncio, sys, pathlib\n"
        "from sluss.home.settings import load\n"
        "from sluss.wiring.lock import Role\n"
        "from sluss.wiring.safe import refuse_without_walls\n"
        "settings = load(pathlib.Path(sys.argv[1]), {'SLUSS_IDENTITY': 'a-client-id'})\n"
        "asyncio.run(refuse_without_walls(settings, Role.ALL))\n"
    )
    ended = in_no_walls(sys.executable, "-c", program, str(tmp_path))
    assert ended.returncode == 0, ended.stderr
