"""Azure DevOps service hooks become events."""

import codecs
from datetime import UTC, datetime, timedelta

import pytest

from core.errors import RejectedDeliveryError
from core.events.outside import (
    BranchDeleted,
    CodePushed,
    DeliveryIgnored,
    PullRequestChanged,
    PullRequestHinted,
    PushHinted,
)
from handlers.azure_devops import source
from handlers.azure_devops.classic_releases import NOT_OURS
from handlers.azure_devops.hook import NOTHING_TOLD, SAMPLES
from handlers.source import Delivered
from tests.handlers.recorded import NOW, changed, raw, resource_changed

REPOSITORY = "2f3d611a-f012-4b39-b157-8db63f380226"
SUBSCRIPTION = "5d0a3f0e-7b21-4d0c-9a51-0f6f3b1c9e11"
OLD, NEW = "10" * 20, "11" * 20
PUSHED_AT = datetime(2026, 2, 3, 10, 11, 12, 123457, tzinfo=UTC)
TEST_BUTTON = "the Test button was pressed: address and credentials are right"


def read(body: bytes) -> Delivered:
    return source.read({}, body, NOW)


def events_of(name: str) -> tuple:
    return read(raw("azure_devops", name)).events


def pushed(push_id: int, **fields) -> CodePushed:
    branch = fields.pop("branch", "main")
    usual = {
        "id": f"ado/{REPOSITORY}/{push_id}/refs/heads/{branch}",
        "time": PUSHED_AT,
        "source": "azure-devops",
        "delivery": f"{SUBSCRIPTION}/{push_id + 1000}",
        "repository": REPOSITORY,
        "branch": branch,
        "commit": NEW,
        "commits": (NEW,),
        "previous": OLD,
        "pusher": "anna.lind@contoso.example",
        "pusher_name": "Anna Lind",
        "push_id": push_id,
    }
    return CodePushed(**(usual | fields))


PUSHES = [
    ("one_branch", pushed(41)),
    ("new_branch", pushed(43, branch="feature/new_table", previous="")),
    ("force", pushed(47, previous="16" * 20, commit="17" * 20)),
    ("newer_resource_version", pushed(50)),
    ("without_numbers", pushed(51, delivery="7c0e6a44-3a1c-4a53-9f0b-000000000051")),
]
IGNORED = [
    ("git_push__tag", "git.push", "refs/tags/v1 is no branch"),
    ("git_push__delete_tag", "git.push", "refs/tags/v1 is no branch"),
    ("git_push__nothing_moved", "git.push", "branch main did not move"),
    ("git_push__no_refs", "git.push", "it says that nothing moved"),
    ("git_push__test_button", "git.push", TEST_BUTTON),
    ("git_push__details_none", "git.push", NOTHING_TOLD),
    (
        "classic_release__approval_pending",
        "ms.vss-release.deployment-approval-pending-event",
        NOT_OURS,
    ),
]


@pytest.mark.parametrize(("variant", "expected"), PUSHES, ids=[row[0] for row in PUSHES])
def test_a_push_of_one_branch_is_one_event(variant: str, expected: CodePushed):
    assert events_of(f"git_push__{variant}") == (expected,)


def test_a_push_says_all_commits_that_it_brought():
    ids = [{"commitId": "AB" * 20}, {"commitId": NEW}]
    (event,) = read(resource_changed("git_push__one_branch", commits=ids)).events
    assert (event.commit, event.commits) == (NEW, ("ab" * 20, NEW))
    (moved,) = read(resource_changed("git_push__one_branch", commits=None)).events
    assert moved.commits == ()


@pytest.mark.parametrize(("name", "what", "reason"), IGNORED, ids=[row[0] for row in IGNORED])
def test_what_means_nothing_to_us_says_why(name: str, what: str, reason: str):
    (event,) = events_of(name)
    assert isinstance(event, DeliveryIgnored)
    assert (event.what, event.reason) == (what, reason)


def test_a_push_of_several_refs_is_one_event_for_each():
    events = events_of("git_push__several_refs")
    assert [(type(event), event.id.rpartition("/42/")[2]) for event in events] == [
        (CodePushed, "refs/heads/main"),
        (CodePushed, "refs/heads/feature/new_table"),
        (DeliveryIgnored, "refs/tags/v1"),
        (BranchDeleted, "refs/heads/old"),
        (DeliveryIgnored, "refs/heads/still"),
    ]
    assert {event.delivery for event in events} == {f"{SUBSCRIPTION}/1042"}


def test_a_deleted_branch_says_which():
    (event,) = events_of("git_push__delete_branch")
    assert isinstance(event, BranchDeleted)
    assert (event.repository, event.branch, event.push_id) == (
        REPOSITORY,
        "feature/new_table",
        44,
    )


PULL_REQUESTS = [
    ("created__active", NEW, "active"),
    ("created__conflicts", "", "active"),
    ("updated__completed", NEW, "completed"),
    ("updated__abandoned", NEW, "abandoned"),
    ("merged__attempted", NEW, "active"),
]


@pytest.mark.parametrize(("variant", "commit", "status"), PULL_REQUESTS)
def test_a_pull_request_says_who_opened_it(variant: str, commit: str, status: str):
    (event,) = events_of(f"git_pullrequest_{variant}")
    assert isinstance(event, PullRequestChanged)
    merged = "18" * 20 if commit else ""
    about = "/".join(filter(None, (commit or "no_commit", merged, status)))
    assert event.id == f"ado/{REPOSITORY}/pr/7/{about}"
    assert event.merge_commit == merged
    assert event.creator == "anna.lind@contoso.example"
    assert (event.source_branch, event.target_branch) == ("feature/new_table", "main")
    assert (event.pull_request, event.commit, event.status) == (7, commit, status)


def test_an_id_counts_whatever_its_case():
    """Git writes them small: in capitals a creator would be that of a commit that nobody has."""
    ids = {"commitId": "AB" * 20}
    (event,) = read(
        resource_changed(
            "git_pullrequest_updated__completed",
            lastMergeSourceCommit=ids, lastMergeCommit=ids, commits=[ids],
        )
    ).events  # fmt: skip
    assert {event.commit, event.merge_commit, *event.commits} == {"ab" * 20}
    moved = {"name": "refs/heads/main", "oldObjectId": OLD, "newObjectId": "AB" * 20}
    (event,) = read(resource_changed("git_push__one_branch", refUpdates=[moved])).events
    assert event.commit == "ab" * 20


USERS = [
    ("anna@contoso.example", "anna@contoso.example"),
    ("Windows Live ID\\anna@contoso.example", "anna@contoso.example"),
    ("CONTOSO\\anna", "CONTOSO\\anna"),
    ("", "p-1"),
    (None, "p-1"),
]


@pytest.mark.parametrize(("unique_name", "pusher"), USERS)
def test_who_pushed_is_known_by_the_address_where_there_is_one(unique_name, pusher: str):
    who = {"id": "p-1", "displayName": "Anna", "uniqueName": unique_name}
    (event,) = read(resource_changed("git_push__one_branch", pushedBy=who)).events
    assert event.pusher == pusher


def test_the_same_event_by_two_subscriptions_has_one_id_and_two_deliveries():
    first = read(changed("azure_devops", "git_push__one_branch", notificationId=1))
    second = read(changed("azure_devops", "git_push__one_branch", notificationId=2))
    assert first.delivery != second.delivery
    assert first.events[0].id == second.events[0].id


def test_the_test_button_is_a_new_delivery_each_time():
    body = raw("azure_devops", "git_push__test_button")
    first = source.read({}, body, NOW)
    second = source.read({}, body, NOW + timedelta(seconds=1))
    assert first.delivery != second.delivery
    assert first.events[0].id != second.events[0].id


def test_the_test_button_is_told_by_its_subscription_alone():
    body = changed("azure_devops", "git_push__test_button", notificationId=None, id="x")
    (event,) = read(body).events
    assert event.reason == TEST_BUTTON


def test_a_delivery_without_any_id_is_known_by_its_bytes():
    bare = changed("azure_devops", "git_push__without_numbers", id=None)
    assert read(bare).delivery.startswith("sha256:")
    assert read(bare).delivery == read(bare).delivery
    assert read(bare).delivery != read(bare + b" ").delivery


TIMES = [
    ("2026-02-03T10:11:12.1234567Z", PUSHED_AT),
    ("2026-02-03T12:11:12+02:00", datetime(2026, 2, 3, 10, 11, 12, tzinfo=UTC)),
    ("2026-02-03T10:11:12", datetime(2026, 2, 3, 10, 11, 12, tzinfo=UTC)),
    ("0001-01-01T00:00:00+01:00", NOW),
    (None, NOW),
]


@pytest.mark.parametrize(("date", "time"), TIMES)
def test_the_time_is_when_it_was_pushed(date, time: datetime):
    (event,) = read(resource_changed("git_push__one_branch", date=date)).events
    assert event.time == time


WRONG_SHAPES = [
    {"repository": {"id": ""}},
    {"repository": {"id": 7}},
    {"pushId": "41"},
    {"pushId": -1},
    {"pushId": 2**63},
    {"pushedBy": {"displayName": "Anna"}},
    {"refUpdates": {"name": "refs/heads/main"}},
    {"refUpdates": [{"name": "refs/heads/main", "oldObjectId": OLD}]},
    {"refUpdates": [{"name": "refs/heads/m", "oldObjectId": OLD, "newObjectId": "--upload-pack"}]},
    {"refUpdates": [{"name": "refs/heads/\x00", "oldObjectId": OLD, "newObjectId": NEW}]},
    {"refUpdates": [{"name": "r" * 1025, "oldObjectId": OLD, "newObjectId": NEW}]},
    {"date": "yesterday"},
]


@pytest.mark.parametrize("fields", WRONG_SHAPES, ids=str)
def test_a_push_of_the_wrong_shape_is_rejected(fields: dict):
    with pytest.raises(RejectedDeliveryError, match="cannot be read"):
        read(resource_changed("git_push__one_branch", **fields))


HINTS = [
    (
        "git_push__minimal",
        PushHinted(
            id=f"ado/{REPOSITORY}/60", time=NOW, source="azure-devops",
            delivery=f"{SUBSCRIPTION}/208", repository=REPOSITORY, push_id=60,
        ),
    ),
    (
        "git_pullrequest_updated__minimal",
        PullRequestHinted(
            id=f"azure-devops/{SUBSCRIPTION}/209", time=NOW, source="azure-devops",
            delivery=f"{SUBSCRIPTION}/209", repository=REPOSITORY, pull_request=7,
        ),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "expected"), HINTS, ids=[row[0] for row in HINTS])
def test_of_a_minimal_delivery_the_ids_are_kept_to_ask_the_host(name, expected):
    assert events_of(name) == (expected,)


@pytest.mark.parametrize("told", ["in a link", "as a field"])
@pytest.mark.parametrize(
    ("name", "key", "number"),
    [
        ("git_push__minimal", "pushId", 60),
        ("git_pullrequest_updated__minimal", "pullRequestId", 7),
    ],
)
def test_the_ids_of_a_minimal_delivery_are_a_field_or_in_a_link(name, key, number, told):
    fields = (
        {key: number, "repository": {"id": REPOSITORY.upper()}, "url": ""}
        if told == "as a field"
        else {key: 0}
    )
    (event,) = read(resource_changed(name, **fields)).events
    assert event.repository == REPOSITORY
    assert number in {getattr(event, "push_id", 0), getattr(event, "pull_request", 0)}


@pytest.mark.parametrize("lacking", ["refUpdates", "pushedBy"])
def test_a_push_that_lacks_something_is_a_reason_to_ask_the_host(lacking):
    (event,) = read(resource_changed("git_push__one_branch", **{lacking: None})).events
    assert event == PushHinted(
        id=f"ado/{REPOSITORY}/{event.push_id}", time=NOW, source="azure-devops",
        delivery=event.delivery, repository=REPOSITORY, push_id=event.push_id,
    )  # fmt: skip


@pytest.mark.parametrize("lacking", ["createdBy", "sourceRefName", "targetRefName"])
def test_a_pull_request_that_lacks_something_is_a_reason_to_ask_the_host(lacking):
    body = resource_changed("git_pullrequest_created__active", **{lacking: None})
    (event,) = read(body).events
    assert isinstance(event, PullRequestHinted)
    assert event.repository == REPOSITORY


FOREIGN = f"https://evil.example/x?y=/repositories/{REPOSITORY}/pushes/"
NO_PLACES = ["", "x", "/repositories/loan/pushes/60", f"/repositories/{REPOSITORY}/pushes/",
             f"{FOREIGN}{'9' * 30}", "/repositories/" * 10_000]  # fmt: skip


@pytest.mark.parametrize("url", NO_PLACES, ids=lambda url: url[:60])
def test_a_minimal_delivery_without_ids_says_what_to_set(url):
    (event,) = read(resource_changed("git_push__minimal", pushId=0, url=url)).events
    assert isinstance(event, DeliveryIgnored)
    assert 'sends only "Minimal" details' in event.reason
    assert 'set "Resource details to send" to All' in event.reason


def test_without_a_resource_a_type_that_nobody_reads_stays_unknown():
    delivered = read(
        changed("azure_devops", "git_push__details_none", eventType="workitem.created")
    )
    assert delivered.is_unknown


@pytest.mark.parametrize("sample", sorted(SAMPLES))
def test_the_test_button_of_a_saved_subscription_sends_a_sample(sample):
    (event,) = read(changed("azure_devops", "git_push__one_branch", id=sample.upper())).events
    assert isinstance(event, DeliveryIgnored)
    assert event.reason == TEST_BUTTON


def test_a_sample_of_the_documentation_is_read_as_what_it_shows():
    (sample, *_) = SAMPLES
    bare = changed("azure_devops", "git_push__without_numbers", id=sample)
    assert isinstance(read(bare).events[0], CodePushed)


def test_a_push_by_a_service_principal_is_told_apart_from_a_person():
    who = {
        "id": "7D1F3C1E-2B60-4A52-9D3A-1F8C2F6B9A01", "displayName": "Deployer",
        "uniqueName": "anna.lind@contoso.example", "descriptor": "aadsp.QW5uYQ",
    }  # fmt: skip
    (event,) = read(resource_changed("git_push__one_branch", pushedBy=who)).events
    assert event.pusher == "service_principal\\7d1f3c1e-2b60-4a52-9d3a-1f8c2f6b9a01"


@pytest.mark.parametrize("resource", [[], "git", 7, True])
def test_a_resource_that_is_no_object_is_rejected(resource):
    with pytest.raises(RejectedDeliveryError, match="resource"):
        read(changed("azure_devops", "git_push__one_branch", resource=resource))


def test_a_repository_is_known_by_its_id_in_any_spelling():
    spelled = {"id": f"{{{REPOSITORY.upper()}}}"}
    assert read(resource_changed("git_push__one_branch", repository=spelled)).events == (
        pushed(41),
    )


def test_a_byte_order_mark_before_the_body_changes_nothing():
    body = raw("azure_devops", "git_push__one_branch")
    plain, marked = source.read({}, body, NOW), source.read({}, codecs.BOM_UTF8 + body, NOW)
    assert marked.events == plain.events
