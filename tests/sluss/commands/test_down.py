"""``sluss down`` says what it did, and makes nothing where there is nothing."""

import pytest

from core.errors import SettingsError
from sluss.commands.down import down
from sluss.wiring.lock import one_process


def test_a_home_without_mlflow_has_nothing_to_end(home):
    before = sorted(home.iterdir())
    assert down(home) == "No MLflow of this home was running."
    assert sorted(home.iterdir()) == before


def test_an_mlflow_that_has_ended_is_not_ended_again(home):
    (home / "mlflow").mkdir(mode=0o700)
    assert down(home) == "No MLflow of this home was running."


def test_the_mlflow_of_a_sluss_that_runs_is_left_alone(home):
    (home / "mlflow").mkdir(mode=0o700)
    with one_process(home), pytest.raises(SettingsError, match="Another Sluss runs on"):
        down(home)


def test_a_home_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"There is no home .*nowhere.*--home"):
        down(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
