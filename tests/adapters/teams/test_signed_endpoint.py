"""Off this machine: only what the channel itself has signed for our bot and tenant is believed."""

import time

import pytest
from aiohttp.test_utils import TestClient, TestServer
from microsoft_agents.hosting.core import AgentAuthConfiguration, AnonymousTokenProvider

from adapters.sql_store import SqlStore
from adapters.sql_store.beside import SqlConversations
from adapters.teams import TeamsChat, TeamsSettings, channel_keys, teams_app
from adapters.teams.addresses import KeptAddresses
from adapters.teams.auth import BotTokens
from core.errors import SettingsError, UnavailableError
from tests.adapters.teams.channel import People, a_click
from tests.adapters.teams.counting_bot import counter
from tests.adapters.teams.issuer import (
    APP,
    CHANNEL,
    DAY,
    FOREIGN_KEY,
    NEXT_KEY,
    SERVICE,
    TENANT,
    a_jwk,
    a_token,
)

SETTINGS = TeamsSettings(host="::", app_id=APP, tenant=TENANT, client_secret="x")


class Tokens(AnonymousTokenProvider):
    """What the directory would give the bot for its own posts."""

    def __init__(self, configuration: AgentAuthConfiguration):
        assert configuration.VALIDATE_ISSUER

    async def get_access_token(self, *asked, **more):
        return "a-token"


@pytest.fixture
def issuer(issuer):
    issuer.keys += [a_jwk(NEXT_KEY, "not for teams", endorsements=["directline", "webchat"])]
    return issuer


@pytest.fixture
async def store(tmp_path):
    found = SqlStore(f"sqlite:///{tmp_path}/store.db")
    yield found
    await found.close()


@pytest.fixture
def addresses(store):
    return KeptAddresses(SqlConversations(store))


@pytest.fixture
async def endpoint(issuer, bot, addresses):
    app = teams_app(bot, People(), addresses, issuer.settings, tokens=Tokens)
    async with TestClient(TestServer(app)) as client:
        yield client


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


NOW = int(time.time())
YEARS = 10 * 365 * DAY
REFUSED = {
    "no token": lambda: "",
    "no token at all": lambda: "x",
    "another bot's": lambda: a_token(aud="00000000-cccc-4000-8000-000000000003"),
    "several bots'": lambda: a_token(aud=[APP, "00000000-cccc-4000-8000-000000000003"]),
    "no audience": lambda: a_token(aud=None),
    "signed by somebody else": lambda: a_token(FOREIGN_KEY),
    "an unknown key": lambda: a_token(headers={"kid": "k2"}),
    "no key": lambda: a_token(headers={"kid": ""}),
    "a key that is for other channels": lambda: a_token(NEXT_KEY, headers={"kid": "not for teams"}),
    "expired": lambda: a_token(nbf=NOW - 7200, exp=NOW - 3600),
    "expired a while ago": lambda: a_token(exp=int(time.time()) - 61),
    "without an end": lambda: a_token(exp=None),
    "an end that is no number": lambda: a_token(exp=str(NOW + 600)),
    "an end that is yes": lambda: a_token(exp=True),
    "ten years": lambda: a_token(exp=NOW + YEARS),
    "ten years, and no beginning": lambda: a_token(nbf=None, exp=NOW + YEARS),
    "ten years, nearly over": lambda: a_token(nbf=NOW - YEARS),
    "ten years by its issue": lambda: a_token(iat=NOW - YEARS),
    "longer than a day": lambda: a_token(nbf=NOW, exp=NOW + DAY + 120),
    "an end before its beginning": lambda: a_token(nbf=NOW + 30, exp=NOW + 20),
    "an endless number": lambda: a_token(exp=10**4000),
    "not valid yet": lambda: a_token(nbf=NOW + 3600, exp=NOW + 4000),
    "issued tomorrow": lambda: a_token(iat=NOW + 3600, exp=NOW + 4000),
    "not signed": lambda: a_token(None, "none"),
    "signed with a shared word": lambda: a_token("w" * 40, "HS256"),
    "signed in a longer way": lambda: a_token(algorithm="RS512"),
    "signed with padding": lambda: a_token(algorithm="PS256"),
    "with a demand": lambda: a_token(headers={"crit": ["b64"], "b64": True}),
    "another channel's": lambda: a_token(serviceurl="https://evil.botframework.com/"),
    "another region's": lambda: a_token(serviceurl="https://smba.trafficmanager.net/amer/"),
    "without https": lambda: a_token(serviceurl=SERVICE.replace("https", "http")),
    "for no channel": lambda: a_token(serviceurl=None),
    "for two channels": lambda: a_token(serviceUrl="https://smba.trafficmanager.net/amer/"),
    "a place that is no text": lambda: a_token(serviceurl=[SERVICE]),
    "from nobody": lambda: a_token(iss=None),
    "from the emulator": lambda: a_token(iss="https://sts.windows.net/emulator/"),
    "from somebody like the channel": lambda: a_token(iss=f"{CHANNEL}/"),
    "cut": lambda: a_token()[:-4],
    "no payload": lambda: "..".join((a_token().split(".")[0], a_token().split(".")[2])),
    "nested": lambda: "WyI" * 2000 + ".e30.x",
}


@pytest.mark.parametrize("kind", REFUSED)
async def test_any_other_token_is_refused_unread(endpoint, bot, kind):
    answer = await send(endpoint, REFUSED[kind]())

    assert answer.status == 401
    assert "could not be verified" in (await answer.json())["error"]
    assert bot.clicks == []


async def test_a_refused_sender_is_not_read_at_all(endpoint, bot):
    answer = await endpoint.post("/messages", data=b"{" * 900_000)

    assert answer.status == 401


@pytest.mark.parametrize("times", [2, 3])
async def test_of_several_tokens_none_is_believed(endpoint, bot, times):
    headers = [("Authorization", f"Bearer {a_token()}")] * times
    answer = await endpoint.post("/messages", json=pressed(), headers=headers)

    assert answer.status == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"serviceurl": SERVICE.rstrip("/")},
        {"serviceurl": "https://SMBA.trafficmanager.net/emea/"},
        {"serviceurl": None, "serviceUrl": SERVICE},
        {"nbf": None},
        {"nbf": NOW + 20, "exp": NOW + 3600},
        {"exp": int(time.time()) + DAY - 300},
    ],
)
async def test_what_means_the_same_is_believed(endpoint, bot, claims):
    assert (await send(endpoint, a_token(**claims))).status == 200
    assert len(bot.clicks) == 1


@pytest.mark.parametrize(
    "channel",
    [
        "directline",
        "webchat",
        "email",
        "slack",
        "emulator",
        "skype",
        "",
        None,
        "MSTEAMS",
        "msteams:x",
    ],
)
async def test_of_another_channel_nothing_is_believed(endpoint, bot, channel):
    """There the client itself writes who it is, and its token is as good as one of Teams."""
    answer = await send(endpoint, a_token(), pressed(channelId=channel))

    assert answer.status == 401
    assert bot.clicks == []


@pytest.mark.parametrize("fault", ["500", "garbage", "hangs", "empty"])
async def test_without_keys_the_sender_is_asked_to_come_again(
    endpoint, issuer, bot, fault, monkeypatch
):
    monkeypatch.setattr(channel_keys, "ANSWER_S", 0.2)
    issuer.fault = fault

    assert (await send(endpoint, a_token())).status == 503
    issuer.fault = ""
    assert (await send(endpoint, a_token())).status == 200
    assert len(bot.clicks) == 1


async def test_a_wrong_token_asks_nobody_for_keys(endpoint, issuer):
    issuer.fault = "500"
    assert (await send(endpoint, a_token("w" * 40, "HS256"))).status == 401
    assert issuer.asked == 0


@pytest.mark.parametrize("url", ["http://login.example/", "ftp://x", "login.example", ""])
def test_keys_are_never_asked_for_over_an_open_line(url, issuer):
    settings = TeamsSettings(app_id=APP, tenant=TENANT, client_secret="x", openid_metadata=url)

    with pytest.raises(SettingsError, match="SLUSS_TEAMS_OPENID_METADATA"):
        settings.check()


@pytest.mark.parametrize(
    "issuer_name",
    [
        f"https://login.microsoftonline.com/{TENANT}/v2.0",
        f"https://sts.windows.net/{TENANT}/",
        "https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/",
    ],
)
async def test_an_application_of_the_tenant_cannot_speak_for_a_person(endpoint, bot, issuer_name):
    """A valid token of the directory for our bot, whose holder names any person it likes."""
    answer = await send(endpoint, a_token(iss=issuer_name, tid=TENANT))

    assert answer.status == 401
    assert bot.clicks == []


@pytest.mark.parametrize(
    "service",
    [
        "http://smba.trafficmanager.net/",
        "https://evil.example/",
        "http://169.254.169.254/",
        "http://127.0.0.1/",
        "https://127.0.0.1/",
        "https://smba.trafficmanager.net.evil.example/",
        "https://evilsmba.trafficmanager.net/",
        "https://a@smba.trafficmanager.net/",
        "https://smba.trafficmanager.net:8443/",
        "https://smba.trafficmanager.net/?x=1",
        "https://[",
    ],
)
async def test_answers_go_to_microsofts_hosts_alone(endpoint, bot, service):
    answer = await send(endpoint, a_token(serviceurl=service), pressed(serviceUrl=service))

    assert answer.status == 401
    assert bot.clicks == []


PLACE = {"id": "19:a", "conversationType": "channel"}
ANNA = {"id": "29:x", "name": "Anna Berg", "aadObjectId": "anna"}
STRANGERS = {
    "another tenant": {"conversation": {**PLACE, "tenantId": "another"}},
    "no tenant": {"conversation": PLACE},
    "another one in the channel": {
        "conversation": PLACE,
        "channelData": {"tenant": {"id": "another"}},
    },
    "two tenants": {"channelData": {"tenant": {"id": "another"}}},
    "a tenant that is no text": {"channelData": {"tenant": {"id": 7}}},
    "a guest's tenant": {"from": {**ANNA, "tenantId": "another"}},
    "a guest": {"from": {**ANNA, "userRole": "guest"}},
    "a bot": {"from": {**ANNA, "role": "bot"}},
    "a skill": {"from": {**ANNA, "role": "skill"}},
    "an agent": {"from": {**ANNA, "role": "agenticUser"}},
    "a bot by its id": {"from": {**ANNA, "id": "28:app"}},
    "an unknown id": {"from": {**ANNA, "aadObjectId": "mallory"}},
    "somebody who has left": {"from": {**ANNA, "aadObjectId": "dora"}},
    "no id but a name": {"from": {"id": "29:x", "name": "Anna Berg"}},
    "nobody": {"from": None},
}


@pytest.mark.parametrize("kind", STRANGERS)
async def test_strangers_hear_so_in_words_and_do_nothing(endpoint, bot, kind):
    answer = await send(endpoint, a_token(), pressed(**STRANGERS[kind]))

    assert answer.status == 200
    assert (await answer.json())["value"].startswith("I do not know you")
    assert bot.clicks == []


@pytest.mark.parametrize("role", ["user", "User", "", None])
async def test_a_person_says_user_or_nothing(endpoint, bot, role):
    await send(endpoint, a_token(), pressed(**{"from": {**ANNA, "role": role}}))

    assert len(bot.clicks) == 1


async def test_the_tenant_may_stand_in_the_channels_own_data(endpoint, bot):
    said = {"conversation": {"id": "19:a"}, "channelData": {"tenant": {"id": TENANT.upper()}}}
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


async def test_without_a_token_of_its_own_the_sender_is_asked_to_come_again(issuer, bot, addresses):
    app = teams_app(bot, People(), addresses, issuer.settings, tokens=Silent)
    async with TestClient(TestServer(app)) as client:
        answer = await send(client, a_token())

    assert answer.status == 503
    assert bot.clicks == []


async def test_where_a_team_is_reached_is_remembered_over_a_restart(endpoint, store):
    answer = await send(endpoint, a_token(), pressed(type="conversationUpdate"))

    known = await KeptAddresses(SqlConversations(store)).find_address("19:a@thread.tacv2")
    assert answer.status == 202
    assert (known.service_url, known.tenant, known.bot) == (SERVICE, TENANT, "28:bot")
