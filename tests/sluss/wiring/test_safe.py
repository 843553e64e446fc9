"""A start that could not be trusted is refused in one sentence that names the setting."""

import subprocess

import pytest

from core.errors import SettingsError
from sluss.home.prepare import prepare_home
from sluss.home.settings import load
from sluss.wiring.lock import Role
from sluss.wiring.safe import refuse_unsafe
from tests.sluss.wiring.away import SETTINGS, Away

MLFLOW = {"SLUSS_MLFLOW_URL": "https://mlflow.example"}
PUBLIC = {"SLUSS_PUBLIC_URL": "https://sluss.example"}
AWAY = {**SETTINGS, **MLFLOW, **PUBLIC}


@pytest.fixture
def home(tmp_path):
    prepare_home(tmp_path / "home", is_local=False)
    return tmp_path / "home"


@pytest.mark.parametrize("role", Role)
def test_a_whole_set_of_settings_is_taken(home, role):
    refuse_unsafe(load(home, AWAY), role)


def test_a_gateway_needs_no_mlflow(home):
    refuse_unsafe(load(home, SETTINGS), Role.GATEWAY)


def test_a_local_start_needs_nothing(home):
    refuse_unsafe(load(home, {}), Role.ALL)


MISSING = [
    ("SLUSS_TEAMS_APP_ID", Role.GATEWAY, "SLUSS_TEAMS_APP_ID is not set"),
    ("SLUSS_TEAMS_APP_ID", Role.WORKER, "SLUSS_TEAMS_APP_ID is not set"),
    ("SLUSS_TEAMS_TENANT", Role.GATEWAY, "SLUSS_TEAMS_TENANT is not set"),
    ("SLUSS_SECRET_TEAMS_CLIENT_SECRET", Role.ALL, "SLUSS_SECRET_TEAMS_CLIENT_SECRET"),
    ("SLUSS_MLFLOW_URL", Role.WORKER, "SLUSS_MLFLOW_URL is not set"),
    ("SLUSS_MLFLOW_URL", Role.ALL, "SLUSS_MLFLOW_URL is not set"),
    ("SLUSS_PUBLIC_URL", Role.WORKER, "SLUSS_PUBLIC_URL is not set"),
]


@pytest.mark.parametrize(("missing", "role", "message"), MISSING)
def test_what_is_missing_is_named(home, missing, role, message):
    environ = {name: value for name, value in AWAY.items() if name != missing}
    with pytest.raises(SettingsError, match=message) as refused:
        refuse_unsafe(load(home, environ), role)
    assert "Nothing was started" in str(refused.value)


def test_an_id_that_is_none_is_named_and_a_secret_is_not_shown(home):
    with pytest.raises(SettingsError, match="SLUSS_TEAMS_APP_ID is 'sluss'") as refused:
        refuse_unsafe(load(home, {**AWAY, "SLUSS_TEAMS_APP_ID": "sluss"}), Role.ALL)
    assert AWAY["SLUSS_SECRET_TEAMS_CLIENT_SECRET"] not in str(refused.value)


def test_a_process_says_so_and_ends_before_anything_runs(tmp_path):
    found = Away(tmp_path / "home", SLUSS_TEAMS_APP_ID="")
    done = subprocess.run(
        found._words, env=found.environ, capture_output=True, timeout=60, check=False
    )

    assert done.returncode == 2
    assert done.stderr.decode().startswith("sluss: SLUSS_TEAMS_APP_ID is not set")
    assert "Traceback" not in done.stderr.decode()
    assert not list((tmp_path / "home").glob("*.db"))
