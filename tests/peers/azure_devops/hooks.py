"""Service hooks: who subscribed to what, and deliveries with the retries and the probation of Azure DevOps.

The rules: https://learn.microsoft.com/azure/devops/service-hooks/troubleshoot. 410 ends a subscription
at once. 408, 502, 503 and 504 are tried again, eight times. Everything else, and the last of those
tries, puts it on probation: one event is tried now and then, and the others are lost for good.
"""

import asyncio
import base64
import itertools
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

import aiohttp

from tests.peers.azure_devops import deliveries, shapes
from tests.peers.azure_devops.deliveries import Details, Subscriber
from tests.peers.azure_devops.happenings import Happening
from tests.peers.azure_devops.identities import Identity
from tests.peers.azure_devops.repositories import Push
from tests.peers.azure_devops.world import Project

ENABLED = "enabled"
ON_PROBATION = "onProbation"
BY_SYSTEM = "disabledBySystem"
BY_USER = "disabledByUser"
BY_INACTIVE_IDENTITY = "disabledByInactiveIdentity"

GONE = 410
TRANSIENT = {408, 502, 503, 504}
RETRIES_S = (1, 2, 4, 8, 16, 32, 60, 60)
PROBATION_S = tuple(60 * minutes for minutes in (20, 40, 80, 160, 320, 640, 900))
NO_ANSWER = 0  # the connection was refused or cut: as enduring as a 500
PATIENCE_S = 20.0

SECRET_INPUTS = ("basicAuthPassword", "httpHeaders")
MASK = "********"


@dataclass
class Attempt:
    """One delivery as it was tried; 0 stands for no answer."""

    notification_id: int
    event_id: str
    status: int
    at: datetime


@dataclass(eq=False)
class HookSubscription:
    """``consumer_inputs`` has the secrets as they are: only answers of the API mask them."""

    publisher_id: str
    event_type: str
    resource_version: str
    publisher_inputs: dict[str, str]
    consumer_inputs: dict[str, str]
    created_by: Identity
    created: datetime
    id: str = field(default_factory=lambda: str(uuid4()))
    status: str = ENABLED
    probation_retries: int = 0
    attempts: list[Attempt] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def project(self) -> str:
        return self.publisher_inputs.get("projectId", "")

    def passes_filters(self, happening: Happening) -> bool:
        inputs, subject = self.publisher_inputs, happening.subject
        kind = inputs.get("notificationType")
        if kind and deliveries.NOTIFICATION_TYPES.get(happening.what) != kind:
            return False
        if not isinstance(subject, Push):
            return True
        wanted, branch = inputs.get("repository"), inputs.get("branch")
        names = {update.name.removeprefix("refs/heads/") for update in subject.ref_updates}
        return (not wanted or subject.repository.id == wanted) and (not branch or branch in names)

    def shape(self, base: str) -> dict[str, Any]:
        inputs = {
            name: MASK if name in SECRET_INPUTS and value else value
            for name, value in self.consumer_inputs.items()
        }
        who = shapes.identity_ref(self.created_by, base)
        return {
            "id": self.id,
            "url": f"{base}/_apis/hooks/subscriptions/{self.id}",
            "status": self.status,
            "publisherId": self.publisher_id,
            "eventType": self.event_type,
            "subscriber": None,
            "resourceVersion": self.resource_version,
            "eventDescription": "Any",
            "consumerId": "webHooks",
            "consumerActionId": "httpRequest",
            "actionDescription": f"To host {self.consumer_inputs.get('url', '')}",
            "probationRetries": self.probation_retries,
            "createdBy": who,
            "createdDate": shapes.moment(self.created),
            "modifiedBy": who,
            "modifiedDate": shapes.moment(self.created),
            "publisherInputs": {**self.publisher_inputs, "tfsSubscriptionId": self.id},
            "consumerInputs": inputs,
        }


class Hooks:
    """All subscriptions of an organisation. ``scale`` makes its pauses shorter than they are in life.

    ``takes_loopback``: a server on this machine reaches it, and needs no https for a password there.
    """

    def __init__(self, world: Any) -> None:
        self.world = world
        self.subscriptions: dict[str, HookSubscription] = {}
        self.scale = 1.0
        self.takes_loopback = False
        world.listeners.append(self._happened)

    @classmethod
    def of(cls, world: Any) -> "Hooks":
        """The hooks of this organisation, made when they are asked for first."""
        with world.lock:
            if not hasattr(world, "_hooks"):
                world._hooks = cls(world)
            made: Hooks = world._hooks
            return made

    def by_hand(
        self,
        project: Project,
        event_type: str,
        url: str,
        *,
        by: Identity,
        version: str = "1.0",
        filters: dict[str, str] | None = None,
        **inputs: str,
    ) -> HookSubscription:
        """Somebody has made it in the project's settings."""
        made = HookSubscription(
            publisher_id="pipelines" if event_type.startswith("ms.vss-pipeline") else "tfs",
            event_type=event_type,
            resource_version=version,
            publisher_inputs={"projectId": project.id, **(filters or {})},
            consumer_inputs={"url": url, **inputs},
            created_by=by,
            created=self.world.now(),
        )
        self.subscriptions[made.id] = made
        return made

    def disable(self, subscription: HookSubscription, status: str = BY_USER) -> None:
        subscription.status = status

    def leave(self, identity: Identity) -> None:
        """Who made these has left, or lost the rights."""
        for each in self.subscriptions.values():
            if each.created_by == identity:
                each.status = BY_INACTIVE_IDENTITY

    def test(self, subscription: HookSubscription, happening: Happening) -> None:
        """Somebody presses the Test button: a sample without a subscription's id."""
        inputs = subscription.consumer_inputs
        details = Details(inputs.get("resourceDetailsToSend") or "all")
        subscriber = Subscriber(details=details, resource_version=subscription.resource_version)
        body = deliveries.body(happening, self.world, subscriber)
        self._run(self._send(subscription, 0, body))

    def _happened(self, happening: Happening) -> None:
        """Make the bodies now, as the world is at this moment, and deliver them by and by."""
        for each in list(self.subscriptions.values()):
            if each.status != ENABLED or each.event_type != happening.event_type:
                continue
            body = self._body(each, happening)
            project = body["resourceContainers"]["project"]["id"]
            if each.project in ("", project) and each.passes_filters(happening):
                body["notificationId"] = number = next(each.numbers)
                self._run(self._deliver(each, number, body))

    def _body(self, subscription: HookSubscription, happening: Happening) -> dict[str, Any]:
        inputs = subscription.consumer_inputs
        details = Details(
            resource=(inputs.get("resourceDetailsToSend") or "all").lower(),
            messages=(inputs.get("messagesToSend") or "all").lower(),
            detailed_messages=(inputs.get("detailedMessagesToSend") or "all").lower(),
        )
        subscriber = Subscriber(subscription.id, 0, details, subscription.resource_version)
        return deliveries.body(happening, self.world, subscriber)

    def _run(self, work: Any) -> None:
        """Nobody waits for it: what goes wrong in it is told by its test in the end."""
        asyncio.run_coroutine_threadsafe(work, self.world._loop).add_done_callback(_raise)

    async def _deliver(
        self, subscription: HookSubscription, number: int, body: dict[str, Any]
    ) -> None:
        status = await self._send(subscription, number, body)
        for pause_s in RETRIES_S:
            if status not in TRANSIENT:
                break
            await asyncio.sleep(pause_s * self.scale)
            status = await self._send(subscription, number, body)
        if _is_taken(status):
            return
        if status == GONE:
            subscription.status = BY_SYSTEM
        elif subscription.status == ENABLED:
            subscription.status = ON_PROBATION
            await self._probation(subscription, number, body)

    async def _probation(
        self, subscription: HookSubscription, number: int, body: dict[str, Any]
    ) -> None:
        for pause_s in PROBATION_S:
            await asyncio.sleep(pause_s * self.scale)
            if subscription.status != ON_PROBATION:
                return
            status = await self._send(subscription, number, body)
            subscription.probation_retries += 1
            if _is_taken(status):
                subscription.status, subscription.probation_retries = ENABLED, 0
                return
            if status == GONE:
                break
        subscription.status = BY_SYSTEM

    async def _send(self, subscription: HookSubscription, number: int, body: dict[str, Any]) -> int:
        inputs = subscription.consumer_inputs
        limit = aiohttp.ClientTimeout(total=PATIENCE_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=limit) as session,
                session.post(inputs["url"], json=body, headers=_headers(inputs)) as answer,
            ):
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            status = NO_ANSWER
        subscription.attempts.append(Attempt(number, body["id"], status, self.world.now()))
        return status


def _is_taken(status: int) -> bool:
    return 200 <= status < 300


def _headers(inputs: dict[str, str]) -> dict[str, str]:
    """Basic auth, and headers of one's own, one ``name:value`` a line."""
    lines = (line.partition(":") for line in inputs.get("httpHeaders", "").splitlines())
    headers = {name.strip(): value.strip() for name, _, value in lines}
    user, secret = inputs.get("basicAuthUsername", ""), inputs.get("basicAuthPassword", "")
    if user or secret:
        login = base64.b64encode(f"{user}:{secret}".encode()).decode()
        headers["Authorization"] = f"Basic {login}"
    return headers


def _raise(done: "Future[None]") -> None:
    if not done.cancelled() and (error := done.exception()) is not None:
        raise error
