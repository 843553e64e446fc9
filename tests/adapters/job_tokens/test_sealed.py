"""Tokens of jobs lie sealed in the store: only our key opens one, and only under its own check."""

import logging
import secrets
from datetime import UTC, datetime

import pytest

from adapters.job_tokens.sealed import NOTE, SealedJobTokens, fernet
from adapters.sql_store import SqlSettings, SqlStore
from core.errors import SettingsError
from core.ports import JobToken

NOW = datetime(2026, 12, 1, tzinfo=UTC)
CHECK, OTHER = "project/plan/job/task/1", "project/plan/job/task/2"
TOKEN = JobToken(check=CHECK, value="the-token-of-a-job", run=7, came=NOW)
ANOTHER = JobToken(check=CHECK, value="another-token", came=NOW)
NEW, OLD = (fernet("check_key", secrets.token_urlsafe(32)) for _ in range(2))


@pytest.fixture
async def store(tmp_path):
    store = SqlStore(SqlSettings(url=f"sqlite:///{tmp_path / 'store.db'}"))
    yield store
    await store.close()


@pytest.fixture
def tokens(store) -> SealedJobTokens:
    return SealedJobTokens(store, [NEW])


async def test_a_token_is_found_again_and_dropped(tokens):
    assert not await tokens.find(CHECK)
    await tokens.keep(TOKEN)
    assert await tokens.find(CHECK) == TOKEN
    await tokens.drop(CHECK)
    assert not await tokens.find(CHECK)


async def test_the_store_holds_nothing_of_it(tokens, store, tmp_path):
    await tokens.keep(TOKEN)
    await tokens.drop(OTHER)
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert TOKEN.value.encode() not in kept
    assert TOKEN.value not in f"{tokens!r} {TOKEN!r}"


async def test_the_first_one_stays(tokens):
    await tokens.keep(TOKEN)
    await tokens.keep(ANOTHER)
    assert await tokens.find(CHECK) == TOKEN


async def test_while_the_key_is_rotated_the_one_before_still_opens(store):
    await SealedJobTokens(store, [OLD]).keep(TOKEN)
    assert await SealedJobTokens(store, [NEW, OLD]).find(CHECK) == TOKEN


async def test_without_the_key_there_is_no_token_and_a_new_call_brings_one(store, tokens, caplog):
    await SealedJobTokens(store, [OLD]).keep(TOKEN)
    with caplog.at_level(logging.WARNING):
        assert not await tokens.find(CHECK)
    assert "No key of ours" in caplog.text
    await tokens.keep(ANOTHER)
    assert await tokens.find(CHECK) == ANOTHER


@pytest.mark.parametrize("forged", ["", "no token", "gAAAAABh\0", "é"])
async def test_what_somebody_else_has_written_opens_nothing(store, tokens, forged):
    await store.keep_note(NOTE + CHECK, forged)
    assert not await tokens.find(CHECK)


async def test_a_sealed_token_opens_nothing_under_another_check(store, tokens):
    await tokens.keep(TOKEN)
    sealed = await store.note(NOTE + CHECK)
    await store.keep_note(NOTE + OTHER, sealed)
    assert not await tokens.find(OTHER)


@pytest.mark.parametrize(
    "secret",
    [secrets.token_urlsafe(32), secrets.token_hex(32), "é" * 32],
    ids=["base64", "hexadecimal", "letters"],
)
def test_a_key_may_be_spelled_in_any_way_that_is_long_enough(secret):
    token = fernet("check_key", secret).encrypt(b"sealed")
    assert fernet("check_key", secret).decrypt(token) == b"sealed"


@pytest.mark.parametrize("secret", ["", "a-password", "k" * 31])
def test_what_may_be_guessed_is_no_key_and_is_not_shown(secret):
    with pytest.raises(SettingsError, match="secret check_key is too short") as refused:
        fernet("check_key", secret)
    assert not secret or secret not in str(refused.value)
