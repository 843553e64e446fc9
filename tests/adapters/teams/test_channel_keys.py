"""Keys count for a day, unknown ones cost one question a minute, and without keys nobody is known."""

import asyncio

import pytest

from adapters.teams import channel_keys
from adapters.teams.channel_keys import ChannelKeys
from core.errors import UnavailableError
from tests.adapters.teams.issuer import DAY, FOREIGN_KEY, NEXT_KEY, a_jwk


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def keys(issuer, clock):
    return ChannelKeys(issuer.settings.openid_metadata, clock=clock)


async def test_they_are_asked_for_once_a_day(keys, issuer, clock):
    for moment in (0, DAY - 1, DAY, DAY + 1):
        clock.now = 1000.0 + moment
        assert await keys.find("k1")

    assert issuer.asked == 2


async def test_a_withdrawn_key_counts_no_longer_than_a_day(keys, issuer, clock):
    assert await keys.find("k1")
    issuer.keys = [a_jwk(NEXT_KEY, "k2")]
    clock.now += DAY

    assert await keys.find("k1") is None
    assert await keys.find("k2")


async def test_a_new_key_is_known_at_its_first_use(keys, issuer):
    assert await keys.find("k1")
    issuer.keys.append(a_jwk(NEXT_KEY, "k2"))

    assert await keys.find("k2")
    assert issuer.asked == 2


async def test_a_burst_of_unknown_keys_costs_one_question(keys, issuer, clock):
    assert await keys.find("k1")
    found = await asyncio.gather(*(keys.find(f"x{number}") for number in range(50)))
    assert found == [None] * 50
    assert issuer.asked == 2

    clock.now += 61
    assert await keys.find("y") is None
    assert issuer.asked == 3


async def test_a_burst_of_unknown_keys_at_the_start_costs_one_question(keys, issuer):
    await asyncio.gather(*(keys.find(f"x{number}") for number in range(50)))

    assert issuer.asked == 1


@pytest.mark.parametrize(
    "fault", ["500", "garbage", "nested", "moved", "large", "empty", "no keys"]
)
async def test_without_keys_nothing_is_known(keys, issuer, fault):
    issuer.fault = fault

    with pytest.raises(UnavailableError, match="SLUSS_TEAMS_OPENID_METADATA"):
        await keys.find("k1")

    issuer.fault = ""
    assert await keys.find("k1")


async def test_who_waited_for_a_question_that_failed_does_not_ask_again(keys, issuer, monkeypatch):
    monkeypatch.setattr(channel_keys, "ANSWER_S", 0.2)
    issuer.fault = "hangs"
    found = await asyncio.gather(*(keys.find("k1") for _ in range(20)), return_exceptions=True)

    assert {type(each) for each in found} == {UnavailableError}
    assert issuer.asked == 1


async def test_known_keys_go_on_counting_while_new_ones_cannot_be_had(keys, issuer, clock):
    assert await keys.find("k1")
    issuer.fault = "500"
    for _ in range(3):
        with pytest.raises(UnavailableError):
            await keys.find("k2")
        assert await keys.find("k1")
    assert issuer.asked == 2

    clock.now += DAY
    with pytest.raises(UnavailableError):
        await keys.find("k1")


@pytest.mark.parametrize(
    "key",
    [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "bad"},
        a_jwk(FOREIGN_KEY, "bad", use="enc"),
        {"kty": "RSA", "kid": "bad", "n": "AQAB", "e": "AQAB"},
        {"kty": "RSA", "kid": "bad"},
        {"kty": "RSA", "kid": "bad", "n": 1, "e": None},
        {"kid": None},
    ],
)
async def test_a_key_that_cannot_be_used_takes_no_other_along(keys, issuer, key):
    issuer.keys.append(key)

    assert await keys.find("k1")
    assert await keys.find("bad") is None


@pytest.mark.parametrize("place", ["http://keys.example/", "file:///etc/passwd", "", "//x"])
async def test_keys_come_by_https_or_from_this_machine_alone(keys, issuer, place):
    issuer.metadata = {"jwks_uri": place}

    with pytest.raises(UnavailableError):
        await keys.find("k1")


async def test_the_channels_of_a_key_are_those_that_it_names(keys, issuer):
    issuer.keys = [a_jwk(), a_jwk(NEXT_KEY, "k2", endorsements="msteams")]

    assert (await keys.find("k1")).endorsements == {"msteams", "skype"}
    assert (await keys.find("k2")).endorsements == frozenset()
