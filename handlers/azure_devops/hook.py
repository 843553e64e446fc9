"""What every service hook of Azure DevOps carries, and what its subscription leaves out.

Payloads: https://learn.microsoft.com/azure/devops/service-hooks/events
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, TypeVar

import msgspec

from core.accounts import HostAccount
from core.events.base import Event
from core.events.outside import DeliveryIgnored
from core.git_events import PUSH
from core.platform import canonical_id
from handlers.fields import Name, Number, Text
from handlers.source import Delivery, Envelope, Headers, Source, fingerprint

TEST: Final = "test"
NO_DETAILS: Final = "none"
REDUCED: Final = "reduced/"  # before a type: the resource is there, and little of it

TESTED: Final = "the Test button was pressed: address and credentials are right"
SET_ALL: Final = 'set "Resource details to send" to All'
NOTHING_TOLD: Final = (
    'the subscription sends only that something happened, as its details are "None": ' + SET_ALL
)
TOO_LITTLE: Final = (
    'the subscription sends only "Minimal" details, which do not tell {what}: ' + SET_ALL
)

# The Test button of a saved subscription sends the sample of its type, always under the same id.
SAMPLES: Final = frozenset(
    {
        "03c164c2-8912-4d5e-8009-3707d5f83734",  # git.push
        "2ab4e3d3-b7a6-425e-92b1-5a9982c1269e",  # git.pullrequest.created
        "af07be1b-f3ad-44c8-a7f1-c4835f2df06b",  # git.pullrequest.updated
        "6872ee8c-b333-4eff-bfb9-0d5274943566",  # git.pullrequest.merged
        "4a5d99d6-1c75-4e53-91b9-ee80057d4ce3",  # build.complete
        "62e4351f-1c24-40f9-8510-7af03692ab45",  # ms.vss-pipelines.run-state-changed-event
        "ac1dd6da-af30-43cb-8434-e1005864b0a3",  # ms.vss-pipelines.stage-state-changed-event
        "55382df7-24fa-453c-9173-3369b2417a5b",  # ms.vss-pipelinechecks-events.approval-pending
        "5810cce3-55e9-46dc-ad4f-681c57cf620e",  # ms.vss-pipelinechecks-events.approval-completed
        "a73e7272-e96d-4249-93ac-7404eacd6801",  # ms.vss-release.deployment-approval-pending-event
        "106acb39-c61e-4efd-995e-a9f5e71ba3cd",  # ms.vss-release.deployment-approval-completed-...
    }
)

_CHANGE: Final = frozenset(
    {"repository", "pullRequestId", "createdBy", "sourceRefName", "targetRefName"}
)
# What a resource has that is sent whole; where one of these lacks, the host is asked for the rest.
WHOLE: Final[Mapping[str, frozenset[str]]] = {
    PUSH: frozenset({"repository", "pushId", "refUpdates", "pushedBy"}),
    "git.pullrequest.created": _CHANGE,
    "git.pullrequest.updated": _CHANGE,
    "git.pullrequest.merged": _CHANGE,
}

_PLACE: Final = re.compile(
    r"/repositories/(?P<repository>[0-9a-f-]{32,36})(?=[/?#]|$)"
    r"(?:/pushes/(?P<push>\d{1,18})(?!\d)|/pullrequests/(?P<pull_request>\d{1,18})(?!\d))?"
    r"(?:/threads/(?P<thread>\d{1,18})(?!\d)(?:/comments/(?P<comment>\d{1,18})(?!\d))?)?",
    re.IGNORECASE,
)
_PROJECT: Final = re.compile(r"/(?P<project>[0-9a-f-]{36})/_(?:apis|build)/", re.IGNORECASE)


class Notification(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What tells one delivery from another; the samples in the documentation lack the numbers."""

    event_type: Name
    id: Text | None = None
    subscription_id: Text | None = None
    notification_id: Number | None = None
    resource: msgspec.Raw = msgspec.Raw(b"null")

    @property
    def is_test(self) -> bool:
        """A sample that is not delivered for a subscription is one of the documentation."""
        if self.subscription_id is None:
            return False
        return not self.subscription_id.strip("0-") or canonical_id(self.id or "") in SAMPLES


class KnownById(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the host names by an id; a GUID of zeros stands for nothing."""

    id: Text = ""

    @property
    def canonical(self) -> str:
        return canonical_id(self.id) if self.id.strip("0-{}") else ""


class Containers(msgspec.Struct, frozen=True, kw_only=True):
    project: KnownById | None = None


class ServiceHook(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What every service hook says of itself: its type, in which project it happened, and when."""

    event_type: Name
    resource_containers: Containers | None = None
    created_date: datetime | None = None

    @property
    def project(self) -> str:
        told = self.resource_containers.project if self.resource_containers else None
        return told.canonical if told else ""


class Identity(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    id: Name
    display_name: Text | None = None
    unique_name: Text | None = None
    descriptor: Text | None = None
    subject_kind: Text | None = None

    def account(self) -> HostAccount:
        return HostAccount(
            id=self.id,
            unique_name=self.unique_name or "",
            display_name=self.display_name or "",
            descriptor=self.descriptor or "",
            subject_kind=self.subject_kind or "",
        )


def project_in(link: str) -> str:
    """The project that an address of the API leads to, where it is told by its id."""
    found = _PROJECT.search(link)
    return canonical_id(found["project"]) if found else ""


class LinkedPlace(msgspec.Struct, frozen=True, kw_only=True):
    """What a link says of where it leads: only the ids are read, and no link is ever followed."""

    repository: str = ""
    push: int = 0
    pull_request: int = 0
    thread: int = 0
    comment: int = 0


def place_of(link: str) -> LinkedPlace:
    found = _PLACE.search(link)
    if found is None:
        return LinkedPlace()
    ids = {name: int(found[name] or 0) for name in ("push", "pull_request", "thread", "comment")}
    return LinkedPlace(repository=canonical_id(found["repository"]), **ids)


Hooked = TypeVar("Hooked", bound=ServiceHook)
_hook = msgspec.json.Decoder(Notification)
_keys = msgspec.json.Decoder(dict[str, msgspec.Raw])


def envelope(_headers: Headers, raw: bytes, now: datetime) -> Envelope:
    """Each subscription numbers its notifications; one event may come by several subscriptions."""
    hook = _hook.decode(raw)
    if hook.is_test:
        # The Test button sends the same id each time, yet each press is worth an answer.
        return Envelope(type=TEST, delivery=f"{TEST}/{now.isoformat()}")
    delivery = f"{hook.subscription_id}/{hook.notification_id}"
    if hook.subscription_id is None or hook.notification_id is None:
        delivery = hook.id or fingerprint(raw)
    return Envelope(type=_type(hook), delivery=delivery)


def _type(hook: Notification) -> str:
    resource = bytes(hook.resource).lstrip()
    if resource == b"null" and source.reads(hook.event_type):
        return NO_DETAILS
    whole = WHOLE.get(hook.event_type)
    if whole is None or not resource.startswith(b"{"):
        return hook.event_type
    told = {key for key, value in _keys.decode(resource).items() if bytes(value) != b"null"}
    return hook.event_type if whole <= told else f"{REDUCED}{hook.event_type}"


source = Source("azure-devops", envelope)


def ignored(delivery: Delivery[Hooked], reason: str) -> DeliveryIgnored:
    """Say why nothing comes of a delivery."""
    return DeliveryIgnored(
        id=f"azure-devops/{delivery.id}",
        time=delivery.received,
        what=delivery.body.event_type,
        reason=reason,
    )


def too_little(delivery: Delivery[Hooked], what: str) -> DeliveryIgnored:
    """Say what has to be set in the subscription: ``what`` is missing, so nobody can be asked."""
    return ignored(delivery, TOO_LITTLE.format(what=what))


@source.on(TEST, ServiceHook)
def tested(delivery: Delivery[ServiceHook]) -> Iterator[Event]:
    """The body is a sample about repositories that nobody has."""
    yield ignored(delivery, TESTED)


@source.on(NO_DETAILS, ServiceHook)
def nothing_told(delivery: Delivery[ServiceHook]) -> Iterator[Event]:
    yield ignored(delivery, NOTHING_TOLD)
