"""Off this machine: only what the channel itself has signed for our bot and tenant is believed."""

import json
import time

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from cryptography.hazmat.primitives.asymmetric import rsa
from microsoft_agents.hosting.core import AgentAuthConfiguration, AnonymousTokenProvider
from microsoft_agents.hosting.core.authorization.jwt import jwt_token_validator

from adapters.sql_store import SqlStore
from adapters.sql_store.beside import SqlConversations
from adapters.teams.addresses import KeptAddresses
from adapters.teams.auth import BotTokens
from adapters.teams.chat import TeamsChat, TeamsSettings, teams_app
from core.errors import UnavailableError
from tests.adapters.teams.channel import People, a_click
from tests.adapters.teams.counting_bot import CountingBot, counter

APP = "00000000-aaaa-4000-8000-000000000001"
TENANT = "00000000-bbbb-4000-8000-000000000002"
CHANNEL = "https://api.botframework.com"
SERVICE = "https://smba.trafficmanager.net/emea/"
KEY, FOREIGN_KEY = (rsa.generate_private_key(65537, 2048) for _ in range(2))
SETTINGS = TeamsSettings(host="::", app_id=APP, tenant=TENANT, client_secret="x")


class Tokens(AnonymousTokenProvider):
    """What the directory would give the bot for its own posts."""

    def __init__(self, configuration: AgentAuthConfiguration):
        assert configuration.VALIDATE_ISSUER

    async def get_access_token(self, *asked, **more):
        return "a-token"


@pytest.fixture(scope="module")
def public_key():
    found = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
    return {**found, "kid": "k1", "use": "sig", "alg": "RS256"}


@pytest.fixture
async def keys(monkeypatch, public_key):
    async def answer(request):
        return web.json_response({"keys": [public_key]})

    app = web.Application()
    app.router.add_get("/keys", answer)
    async with TestServer(app) as server:
        # the SDK has no public option for the place of the keys
        places = jwt_token_validator.BOTFRAMEWORK_JWKS_URIS
        monkeypatch.setitem(places, CHANNEL, str(server.make_url("/keys")))
        yield server


@pytest.fixture
def bot():
    return CountingBot()


@pytest.fixture
async def store(tmp_path):
    found = SqlStore(f"sqlite:///{tmp_path}/store.db")
    yield found
    await found.close()


@pytest.fixture
def addresses(store):
    return KeptAddresses(SqlConversations(store))


@pytest.fixture
async def endpoint(keys, bot, addresses):
    app = teams_app(bot, People(), addresses, SETTINGS, tokens=Tokens)
    async with TestClient(TestServer(app)) as client:
        yield client


def a_token(key=KEY, algorithm="RS256", headers=None, **claims):
    now = int(time.time())
    usual = {"iss": CHANNEL, "aud": APP, "serviceurl": SERVICE, "nbf": now - 60, "exp": now + 600}
    content = {name: value for name, value in {**usual, **claims}.items() if value is not None}
    return jwt.encode(content, key, algorithm, headers={"kid": "k1", **(headers or {})})


def pressed(**more):
    place = {"id": "19:a@thread.tacv2", "conversationType": "channel", "tenantId": TENANT}
    return a_click(SERVICE, "count.private", **{"conversation": place, **more})


async def send(endpoint, token, activity=None):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return await endpoint.post("/messages", json=activity or pressed(), headers=headers)


async def test_what_the_channel_signed_is_believed(endpoint, bot):
    answer = await send(endpoint, a_token())

    assert answer.status == 200
    assert (bot.clicks[0].person.id, bot.clicks[0].person.identity) == ("anna", "verified")


HOUR_AGO = int(time.time()) - 3600
REFUSED = {
    "no token": lambda: "",
    "no token at all": lambda: "x",
    "another bot's": lambda: a_token(aud="00000000-cccc-4000-8000-000000000003"),
    "no audience": lambda: a_token(aud=None),
    "signed by somebody else": lambda: a_token(FOREIGN_KEY),
    "an unknown key": lambda: a_token(headers={"kid": "k2"}),
    "expired": lambda: a_token(exp=HOUR_AGO),
    "not valid yet": lambda: a_token(nbf=int(time.time()) + 3600),
    "not signed": lambda: a_token(None, "none"),
    "signed with a shared word": lambda: a_token("w" * 40, "HS256"),
    "another channel's": lambda: a_token(serviceurl="https://evil.botframework.com/"),
    "for no channel": lambda: a_token(serviceurl=None),
    "from nobody": lambda: a_token(iss=None),
    "from the emulator": lambda: a_token(iss="https://sts.windows.net/emulator/"),
}


@pytest.mark.parametrize("kind", REFUSED)
async def test_any_other_token_is_refused_unread(endpoint, bot, kind):
    answer = await send(endpoint, REFUSED[kind]())

    assert answer.status == 401
    assert bot.clicks == []


@pytest.mark.parametrize(
    "issuer",
    [
        f"https://login.microsoftonline.com/{TENANT}/v2.0",
        f"https://sts.windows.net/{TENANT}/",
        "https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/",
    ],
)
async def test_an_application_of_the_tenant_cannot_speak_for_a_person(
    endpoint, bot, keys, monkeypatch, issuer
):
    """A valid token of the directory for our bot, whose holder names any person it likes."""
    place = str(keys.make_url("/keys"))
    monkeypatch.setattr(jwt_token_validator, "_build_jwks_uri", lambda *_: place)

    answer = await send(endpoint, a_token(iss=issuer, tid=TENANT))

    assert answer.status == 401
    assert bot.clicks == []


@pytest.mark.parametrize(
    "service",
    ["http://smba.trafficmanager.net/", "https://evil.example/", "http://169.254.169.254/"],
)
async def test_answers_go_to_microsofts_hosts_alone(endpoint, bot, service):
    answer = await send(endpoint, a_token(serviceurl=service), pressed(serviceUrl=service))

    assert answer.status == 401
    assert bot.clicks == []


@pytest.mark.parametrize(
    "activity",
    [
        {"conversation": {"id": "19:a", "tenantId": "another"}},
        {"conversation": {"id": "19:a"}},
        {"conversation": {"id": "19:a"}, "channelData": {"tenant": {"id": "another"}}},
    ],
)
async def test_another_tenants_people_are_strangers(endpoint, bot, activity):
    answer = await send(endpoint, a_token(), pressed(**activity))

    assert (await answer.json())["value"].startswith("I do not know you")
    assert bot.clicks == []


async def test_the_tenant_may_stand_in_the_channels_own_data(endpoint, bot):
    said = {"conversation": {"id": "19:a"}, "channelData": {"tenant": {"id": TENANT}}}
    await send(endpoint, a_token(), pressed(**said))

    assert len(bot.clicks) == 1


class Silent(BotTokens):
    """The directory does not answer, or knows another secret."""

    def _get_client(self, *_):
        raise ValueError("invalid_client: hush")


async def test_without_a_token_of_its_own_the_bot_is_unavailable_and_loses_nothing(addresses):
    chat = TeamsChat(addresses, SETTINGS, tokens=Silent)

    with pytest.raises(UnavailableError, match="gave the bot no token") as refused:
        await chat.post("19:a@thread.tacv2", counter(1))
    assert "hush" not in str(refused.value)


async def test_without_a_token_of_its_own_the_sender_is_asked_to_come_again(keys, bot, addresses):
    app = teams_app(bot, People(), addresses, SETTINGS, tokens=Silent)
    async with TestClient(TestServer(app)) as client:
        answer = await send(client, a_token())

    assert answer.status == 503
    assert bot.clicks == []


async def test_where_a_team_is_reached_is_remembered_over_a_restart(endpoint, store):
    answer = await send(endpoint, a_token(), pressed(type="conversationUpdate"))

    known = await KeptAddresses(SqlConversations(store)).find_address("19:a@thread.tacv2")
    assert answer.status == 202
    assert (known.service_url, known.tenant, known.bot) == (SERVICE, TENANT, "28:bot")
