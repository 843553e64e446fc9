"""Secrets by name, and never in a log."""

import pytest

from adapters.local_files.secrets import EnvironmentSecrets
from core.errors import SettingsError


@pytest.mark.parametrize("name", ["mlflow_webhook", "MLFLOW_WEBHOOK"])
def test_a_secret_is_found_by_its_name(name):
    assert EnvironmentSecrets({"Mlflow_Webhook": "s3cret"}).secret(name) == "s3cret"


@pytest.mark.parametrize("values", [{}, {"wanted": ""}])
def test_a_secret_that_is_not_set_is_named(values):
    with pytest.raises(SettingsError, match=r"'wanted' is not set.*SLUSS_SECRET_WANTED"):
        EnvironmentSecrets(values).secret("wanted")


def test_a_repr_shows_names_only():
    assert repr(EnvironmentSecrets({"b": "s3cret", "a": "x"})) == "EnvironmentSecrets(a, b)"
