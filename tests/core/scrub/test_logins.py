"""The secrets inside settings are found: in addresses, connection strings and variables."""

import pytest

from core.scrub import secrets_in, secrets_of, without_login


@pytest.mark.parametrize(
    ("address", "shown"),
    {
        "http://me:swordfish@mlflow.example:5000/a": "http://mlflow.example:5000/a",
        "https://swordfish@mlflow.example/": "https://mlflow.example/",
        "https://mlflow.example/a?token=swordfish#swordfish": "https://mlflow.example/a",
        "http://me:p@ss@mlflow.example": "http://mlflow.example",
        "databricks": "databricks",
        "http://[::1": "",
        "": "",
    }.items(),
)
def test_an_address_is_shown_without_its_login(address: str, shown: str):
    assert without_login(address) == shown


def test_a_secret_is_known_with_those_inside_it():
    connection = "Endpoint=sb://a.example/;SharedAccessKeyName=Root;SharedAccessKey=c3dvcmQ=;End=b"
    assert {connection, "c3dvcmQ="} <= set(secrets_of(connection))
    assert "swordfish" in set(secrets_of("postgresql://me:swordfish@db.example/a"))


def test_variables_hold_secrets_by_their_name_or_in_an_address():
    environ = {
        "UV_INDEX_BANK_PASSWORD": "sword-1",
        "PIP_INDEX_URL": "https://me:sword%2F2@index.example/simple",
        "UV_EXTRA_INDEX_URL": "https://a.example https://me:sword-3@b.example",
        "HTTPS_PROXY": "http://me:sword-4@proxy.example:3128",
        "UV_INDEX_URL": "https://a-token-that-stands-alone@index.example/simple",
        "PATH": "/usr/bin",
        "UV_KEYRING_PROVIDER": "subprocess",
        "UV_INDEX_BANK_USERNAME": "somebody",
    }
    assert set(secrets_in(environ)) == {
        "sword-1", "sword%2F2", "sword/2", "sword-3", "sword-4", "a-token-that-stands-alone",
    }  # fmt: skip
