"""The peer's service hooks keep the rules of Azure DevOps: who is delivered to, retried, restricted."""

import asyncio
import base64
from typing import Any, Self

import pytest
from aiohttp import web
from azure.devops.v7_1.service_hooks.models import Subscription
from msrest.exceptions import ClientException

from tests.peers.azure_devops import AzureDevOpsPeer, Right, person
from tests.peers.azure_devops.clients import sdk
from tests.peers.azure_devops.happenings import Happening
from tests.peers.azure_devops.hooks import (
    BY_INACTIVE_IDENTITY,
    BY_SYSTEM,
    ENABLED,
    MASK,
    ON_PROBATION,
    RETRIES_S,
    Hooks,
)
from tests.peers.azure_devops.world import SLUSS

ELSEWHERE = "https://sluss.bank.example/hooks/azure-devops"


class Receiver:
    """Takes deliveries; ``answers`` are given one after another, and 200 when there are no more."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.logins: list[str] = []
        self.answers: list[int] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.json())
        self.logins.append(request.headers.get("Authorization", ""))
        return web.Response(status=self.answers.pop(0) if self.answers else 200)


@pytest.fixture
async def receiver():
    async with Receiver() as running:
        yield running


@pytest.fixture
async def devops(tmp_path):
    async with AzureDevOpsPeer(tmp_path) as peer:
        hooks = Hooks.of(peer)
        hooks.takes_loopback, hooks.scale = True, 0.0001
        yield peer


@pytest.fixture
def hooks(devops):
    return Hooks.of(devops)


@pytest.fixture
def anna(devops):
    return devops.join(person("Anna Berg", "anna.berg@bank.example"))


@pytest.fixture
def churn(devops):
    return devops.project("lending").repository("churn")


@pytest.fixture
def client(devops):
    return sdk(devops.address, devops.token).get_service_hooks_client()


def wanted(project, url, **inputs):
    return Subscription(
        publisher_id="tfs",
        event_type="git.push",
        resource_version="1.0",
        consumer_id="webHooks",
        consumer_action_id="httpRequest",
        publisher_inputs={"projectId": project.id},
        consumer_inputs={"url": url, **inputs},
    )


async def until(condition):
    async with asyncio.timeout(40):
        while not condition():  # noqa: ASYNC110 - the peer's thread moves it
            await asyncio.sleep(0.01)


async def test_a_push_is_delivered_with_its_numbers_and_the_password(client, churn, anna, receiver):
    made = client.create_subscription(
        wanted(churn.project, receiver.url, basicAuthUsername="sluss", basicAuthPassword="s")
    )
    for _ in range(2):
        churn.push(by=anna, files={"a.py": "1"})
    await until(lambda: len(receiver.bodies) == 2)

    assert {(e["subscriptionId"], e["notificationId"]) for e in receiver.bodies} == {
        (made.id, 1), (made.id, 2),
    }  # fmt: skip
    assert set(receiver.logins) == {f"Basic {base64.b64encode(b'sluss:s').decode()}"}


async def test_only_what_was_subscribed_to_is_delivered(devops, hooks, churn, anna, receiver):
    other = devops.project("risk").repository("fraud")
    hooks.by_hand(churn.project, "git.push", receiver.url, by=anna, filters={"branch": "main"})
    other.push(by=anna, files={"a.py": "1"})
    churn.push(by=anna, files={"a.py": "1"})
    churn.push(by=anna, files={"a.py": "2"}, branch="dev")
    last = churn.push(by=anna, files={"a.py": "3"})
    await until(lambda: len(receiver.bodies) == 2)
    assert max(e["resource"]["pushId"] for e in receiver.bodies) == last.push_id


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://127.0.0.1:8100/", "loopback"),
        ("http://sluss.bank.example/", "only allowed over HTTPS"),
        ("nowhere", "not valid"),
    ],
)
async def test_what_cannot_be_delivered_to_is_refused(client, hooks, churn, url, says):
    hooks.takes_loopback = False
    with pytest.raises(ClientException, match=says):
        client.create_subscription(wanted(churn.project, url, basicAuthPassword="s"))


async def test_secrets_are_masked_and_a_masked_one_stays_as_it_was(client, hooks, churn):
    made = client.create_subscription(wanted(churn.project, ELSEWHERE, basicAuthPassword="s"))
    [listed] = client.list_subscriptions(consumer_id="webHooks")
    assert listed.consumer_inputs["basicAuthPassword"] == MASK

    client.replace_subscription(listed, made.id)
    assert hooks.subscriptions[made.id].consumer_inputs["basicAuthPassword"] == "s"
    listed.consumer_inputs["basicAuthPassword"] = "t"
    client.replace_subscription(listed, made.id)
    assert hooks.subscriptions[made.id].consumer_inputs["basicAuthPassword"] == "t"


async def test_a_put_revives_nothing_and_a_delete_ends_it(client, hooks, churn):
    made = client.create_subscription(wanted(churn.project, ELSEWHERE))
    hooks.disable(hooks.subscriptions[made.id], BY_SYSTEM)
    made.status = "enabled"
    assert client.replace_subscription(made, made.id).status == BY_SYSTEM
    client.delete_subscription(made.id)
    assert client.list_subscriptions() == []
    with pytest.raises(ClientException):
        client.get_subscription(made.id)


async def test_what_may_not_be_seen_is_not_listed_nor_made(devops, client, hooks, churn, anna):
    hooks.by_hand(churn.project, "git.push", ELSEWHERE, by=anna)
    devops.access.deny(SLUSS, Right.SUBSCRIPTIONS_VIEW, at=churn.project.id)
    devops.access.deny(SLUSS, Right.SUBSCRIPTIONS_EDIT, at=churn.project.id)
    assert client.list_subscriptions() == []
    with pytest.raises(ClientException, match="Edit subscriptions"):
        client.create_subscription(wanted(churn.project, ELSEWHERE))


@pytest.mark.parametrize("status", [408, 502, 503, 504])
async def test_what_passes_is_tried_eight_times_more(hooks, churn, anna, receiver, status):
    made = hooks.by_hand(churn.project, "git.push", receiver.url, by=anna)
    receiver.answers = [status] * len(RETRIES_S)
    churn.push(by=anna, files={"a.py": "1"})
    await until(lambda: len(receiver.bodies) == 1 + len(RETRIES_S))
    await until(lambda: len(made.attempts) == 1 + len(RETRIES_S))

    assert made.status == ENABLED
    assert len({each["notificationId"] for each in receiver.bodies}) == 1


async def test_one_500_restricts_and_what_happens_meanwhile_is_lost(hooks, churn, anna, receiver):
    hooks.scale = 0.001
    made = hooks.by_hand(churn.project, "git.push", receiver.url, by=anna)
    receiver.answers = [500] * 99
    tried = churn.push(by=anna, files={"a.py": "1"})
    await until(lambda: made.status == ON_PROBATION)
    churn.push(by=anna, files={"a.py": "lost"})
    receiver.answers = []
    await until(lambda: made.status == ENABLED)
    after = churn.push(by=anna, files={"a.py": "3"})
    await until(lambda: receiver.bodies[-1]["resource"]["pushId"] == after.push_id)

    assert {each["resource"]["pushId"] for each in receiver.bodies} == {
        tried.push_id, after.push_id,
    }  # fmt: skip


async def test_after_seven_more_failures_it_is_disabled(hooks, churn, anna, receiver):
    hooks.scale = 0.00001
    made = hooks.by_hand(churn.project, "git.push", receiver.url, by=anna)
    receiver.answers = [404] * 20
    churn.push(by=anna, files={"a.py": "1"})
    await until(lambda: made.status == BY_SYSTEM)
    assert [each.status for each in made.attempts] == [404] * 8


async def test_nobody_there_is_as_bad_as_a_500(hooks, churn, anna):
    hooks.scale = 1.0
    made = hooks.by_hand(churn.project, "git.push", "http://127.0.0.1:9/", by=anna)
    churn.push(by=anna, files={"a.py": "1"})
    await until(lambda: made.status == ON_PROBATION)


async def test_410_disables_at_once(hooks, churn, anna, receiver):
    made = hooks.by_hand(churn.project, "git.push", receiver.url, by=anna)
    receiver.answers = [410]
    churn.push(by=anna, files={"a.py": "1"})
    await until(lambda: made.status == BY_SYSTEM)
    churn.push(by=anna, files={"a.py": "2"})
    assert len(made.attempts) == 1


async def test_those_of_who_has_left_deliver_nothing(hooks, churn, anna, receiver):
    made = hooks.by_hand(churn.project, "git.push", receiver.url, by=anna)
    hooks.leave(anna)
    churn.push(by=anna, files={"a.py": "1"})
    assert (made.status, made.attempts) == (BY_INACTIVE_IDENTITY, [])


async def test_the_test_button_sends_a_sample_without_a_subscription(hooks, churn, anna, receiver):
    made = hooks.by_hand(churn.project, "git.push", receiver.url, by=anna)
    push = churn.push(by=anna, files={"a.py": "1"})
    await until(lambda: len(receiver.bodies) == 1)
    for _ in range(2):
        hooks.test(made, Happening("git.push", push, anna))
    await until(lambda: len(receiver.bodies) == 3)
    assert {each["id"] for each in receiver.bodies[1:]} == {"03c164c2-8912-4d5e-8009-3707d5f83734"}
    assert {each["subscriptionId"].strip("0-") for each in receiver.bodies[1:]} == {""}
