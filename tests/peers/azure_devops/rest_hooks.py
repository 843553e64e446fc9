"""Subscriptions of service hooks: listed with masked secrets, made, changed, removed and tried."""

from typing import Any
from urllib.parse import urlsplit

from core.loopback import is_loopback
from tests.peers.azure_devops.access import Right
from tests.peers.azure_devops.hooks import (
    BY_USER,
    ENABLED,
    MASK,
    SECRET_INPUTS,
    Hooks,
    HookSubscription,
)
from tests.peers.azure_devops.refusals import RefusedError, invalid
from tests.peers.azure_devops.routes import Call, Location, Routes, find_project

SUBSCRIPTIONS = Location(
    "fc50d02a-849f-41fb-8af1-0a5216103269",
    "hooks",
    "subscriptions",
    "_apis/{area}/{resource}/{subscriptionId}",
)
NOTIFICATIONS = Location(
    "0c62d343-21b0-4732-997b-017fde84dc28",
    "hooks",
    "notifications",
    "_apis/{area}/subscriptions/{subscriptionId}/{resource}/{notificationId}",
)
EVENT_TYPES = {  # by their publisher; others have more
    "tfs": {
        "git.push",
        "git.pullrequest.created",
        "git.pullrequest.updated",
        "git.pullrequest.merged",
        "git.repo.created",
        "git.repo.deleted",
        "ms.vss-code.git-pullrequest-comment-event",
        "build.complete",
    },
    "pipelines": {
        "ms.vss-pipelines.run-state-changed-event",
        "ms.vss-pipelines.stage-state-changed-event",
        "ms.vss-pipelines.job-state-changed-event",
        "ms.vss-pipelinechecks-events.approval-pending",
        "ms.vss-pipelinechecks-events.approval-completed",
    },
}
FILTERS = {"publisherId": "publisher_id", "eventType": "event_type"}

Json = dict[str, Any]
routes = Routes()


@routes.on("GET", SUBSCRIPTIONS, right=None)
def listed(call: Call) -> list[Json]:
    """Those of projects whose subscriptions may be seen; the others are not mentioned."""
    consumer = call.text("consumerId")
    return [
        each.shape(call.base)
        for each in Hooks.of(call.world).subscriptions.values()
        if call.may(Right.SUBSCRIPTIONS_VIEW, each.project)
        and (not consumer or consumer == "webHooks")
        and all(call.text(key) in ("", getattr(each, name)) for key, name in FILTERS.items())
    ]


@routes.on("GET", SUBSCRIPTIONS, "subscriptionId", right=None)
def one(call: Call) -> Json:
    return _found(call, Right.SUBSCRIPTIONS_VIEW).shape(call.base)


@routes.on("POST", SUBSCRIPTIONS, right=None)
def create(call: Call) -> Json:
    body = call.body
    made = HookSubscription(
        publisher_id=body.get("publisherId") or "",
        event_type=body.get("eventType") or "",
        resource_version=body.get("resourceVersion") or "1.0",
        publisher_inputs=dict(body.get("publisherInputs") or {}),
        consumer_inputs=dict(body.get("consumerInputs") or {}),
        created_by=call.identity,
        created=call.world.now(),
    )
    find_project(call.world, made.project)
    call.world.access.require(call.credential, Right.SUBSCRIPTIONS_EDIT, made.project)
    if (body.get("consumerId"), body.get("consumerActionId")) != ("webHooks", "httpRequest"):
        raise invalid("The consumer or its action is not known.", "ConsumerNotFoundException")
    _check(made, call)
    Hooks.of(call.world).subscriptions[made.id] = made
    return made.shape(call.base)


@routes.on("PUT", SUBSCRIPTIONS, "subscriptionId", right=None)
def replace(call: Call) -> Json:
    """A masked secret stays as it was. What the system has disabled stays disabled."""
    found, body = _found(call, Right.SUBSCRIPTIONS_EDIT), call.body
    given = dict(body.get("consumerInputs") or {})
    for name in SECRET_INPUTS:
        if given.get(name) == MASK:
            given[name] = found.consumer_inputs.get(name, "")
    found.consumer_inputs = given
    found.publisher_inputs = dict(body.get("publisherInputs") or {})
    found.publisher_inputs.pop("tfsSubscriptionId", None)
    _check(found, call)
    if {found.status, body.get("status")} == {ENABLED, BY_USER}:
        found.status = body["status"]
    return found.shape(call.base)


@routes.on("DELETE", SUBSCRIPTIONS, "subscriptionId", right=None)
def delete(call: Call) -> None:
    found = _found(call, Right.SUBSCRIPTIONS_EDIT)
    del Hooks.of(call.world).subscriptions[found.id]


@routes.on("GET", NOTIFICATIONS, right=None)
def notifications(call: Call) -> list[Json]:
    """What was tried, the newest first: it is kept for seven days."""
    found = _found(call, Right.SUBSCRIPTIONS_VIEW)
    return [
        {
            "id": attempt.notification_id,
            "subscriptionId": found.id,
            "eventId": attempt.event_id,
            "status": "completed",
            "result": "succeeded" if 200 <= attempt.status < 300 else "failed",
        }
        for attempt in reversed(found.attempts)
    ]


def _found(call: Call, right: Right) -> HookSubscription:
    name = call.values["subscriptionId"].lower()
    found = Hooks.of(call.world).subscriptions.get(name)
    if found is None:
        raise RefusedError(
            404, "SubscriptionNotFoundException", f"The subscription {name} was not found."
        )
    call.world.access.require(call.credential, right, found.project)
    return found


def _check(made: HookSubscription, call: Call) -> None:
    """Refuse what Azure DevOps refuses to deliver to, or to send a password to."""
    if made.event_type not in EVENT_TYPES.get(made.publisher_id, ()):
        raise invalid(
            f"The event type {made.event_type} is not known.", "EventTypeNotFoundException"
        )
    url = urlsplit(made.consumer_inputs.get("url") or "")
    if url.scheme not in ("http", "https") or not url.hostname:
        raise invalid("The URL is not valid.", "SubscriptionInputException")
    is_here = is_loopback(url.hostname)
    if is_here and Hooks.of(call.world).takes_loopback:
        return
    if is_here:
        raise invalid(
            "The host of the URL is a loopback or special-range address, which is not allowed.",
            "SubscriptionInputException",
        )
    if made.consumer_inputs.get("basicAuthPassword") and url.scheme != "https":
        raise invalid(
            "Basic authentication is only allowed over HTTPS.", "SubscriptionInputException"
        )
