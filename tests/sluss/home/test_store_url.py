"""Where the ledger is: a file of the home, or PostgreSQL with the password from its secret."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from core.errors import SettingsError
from sluss.home.prepare import prepare_home
from sluss.home.settings import load
from sluss.home.store_url import shown, store_url

CHOSEN = [
    ("", "", "sqlite:////home/store.db"),
    ("sqlite:////srv/ledger.db", "pw", "sqlite:////srv/ledger.db"),
    ("postgresql://sluss@db:5432/sluss", "", "postgresql+psycopg://sluss@db:5432/sluss"),
    ("postgresql+psycopg://sluss@db/sluss", "pw", "postgresql+psycopg://sluss:pw@db/sluss"),
    ("postgresql://sluss@db/sluss?sslmode=verify-full", "a b/c@d:e%",
     "postgresql+psycopg://sluss:a%20b%2Fc%40d%3Ae%25@db/sluss?sslmode=verify-full"),
    ("postgresql://sluss:own@db/sluss", "pw", "postgresql+psycopg://sluss:own@db/sluss"),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "password", "url"), CHOSEN)
def test_the_store_is_chosen_by_the_url(wanted, password, url):
    assert store_url(Path("/home"), wanted, password) == url


def test_the_driver_gets_the_password_as_it_is(tmp_path):
    url = store_url(tmp_path, "postgresql://sluss@db/sluss", "a b/c@d:e%")
    assert sa.make_url(url).password == "a b/c@d:e%"


WRONG = [
    "mysql://sluss:hush@db/sluss", "postgres:hush", "sqlite://", "sqlite:///", "store.db",
    "postgresql:///sluss", "postgresql://db/sluss", "postgresql://sluss:hush@db", "postgresql://[hush",
    "postgresql://sluss:hush@db:port/sluss", "postgresql://sluss:hush@db:99999/sluss",
]  # fmt: skip


@pytest.mark.parametrize("wanted", WRONG)
def test_a_mistake_is_named_without_what_may_be_secret(tmp_path, wanted):
    with pytest.raises(SettingsError, match="SLUSS_STORE_URL") as refused:
        store_url(tmp_path, wanted, "")
    assert "hush" not in str(refused.value)


SHOWN = [
    ("sqlite:////srv/ledger.db", "/srv/ledger.db"),
    ("postgresql+psycopg://sluss:hush@db:5432/sluss?password=hush", "postgresql://db:5432/sluss"),
]


@pytest.mark.parametrize(("url", "words"), SHOWN)
def test_people_see_where_it_is_and_no_password(url, words):
    assert shown(url) == words


def test_the_password_comes_from_its_secret_and_shows_in_no_repr(tmp_path):
    prepare_home(tmp_path / "home")
    environ = {
        "SLUSS_STORE_URL": "postgresql://sluss@db/sluss",
        "SLUSS_SECRET_STORE_PASSWORD": "hush",
    }
    settings = load(tmp_path / "home", environ)

    assert settings.store_url == "postgresql+psycopg://sluss:hush@db/sluss"
    assert "hush" not in repr(settings)
    assert settings.is_on_one_machine  # its queues are files still
