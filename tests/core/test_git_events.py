"""What the host has seen is the same event with the same id, whoever tells of it."""

from datetime import UTC, datetime

import pytest

from core.accounts import HostAccount
from core.events.outside import BranchDeleted, CodePushed, DeliveryIgnored
from core.git_events import SeenPullRequest, SeenPush, pull_request_changed, ref_moved

NOW = datetime(2026, 2, 3, 10, 11, 12, tzinfo=UTC)
GUID = "2f3d611a-f012-4b39-b157-8db63f380226"
OLD, NEW, NONE = "10" * 20, "1A" * 20, "0" * 40
ANNA = HostAccount(id="a", unique_name="anna@contoso.example", display_name="Anna")
MAIN = "refs/heads/main"


def seen(**fields):
    usual = {"repository": f"{{{GUID.upper()}}}", "push_id": 41, "pusher": ANNA, "time": NOW}
    return SeenPush(**(usual | fields))


MOVES = [
    (MAIN, OLD, NEW, CodePushed),
    (MAIN, NONE, NEW, CodePushed),
    (MAIN, "", NEW, CodePushed),
    (MAIN, OLD, NONE, BranchDeleted),
    (MAIN, OLD, "", BranchDeleted),
    (MAIN, NEW, NEW.lower(), DeliveryIgnored),
    (MAIN, NONE, NONE, DeliveryIgnored),
    ("refs/tags/v1", OLD, NEW, DeliveryIgnored),
]


@pytest.mark.parametrize(("ref", "old", "new", "kind"), MOVES)
def test_each_ref_of_a_push_is_one_event(ref, old, new, kind):
    event = ref_moved(seen(), ref, old, new)
    assert type(event) is kind
    assert event.id == f"ado/{GUID}/41/{ref}"


def test_ids_are_spelled_as_git_and_the_host_spell_them():
    event = ref_moved(seen(commits=(NEW, "")), MAIN, NONE, NEW)
    assert event == CodePushed(
        id=f"ado/{GUID}/41/{MAIN}", time=NOW, repository=GUID, branch="main", commit=NEW.lower(),
        commits=(NEW.lower(),), pusher="anna@contoso.example", pusher_name="Anna", push_id=41,
    )  # fmt: skip


def test_what_a_service_principal_pushes_says_so():
    service = HostAccount(id="B" * 32, display_name="Deploy", descriptor="aadsp.x")
    event = ref_moved(seen(pusher=service), MAIN, OLD, NEW)
    assert event.pusher == f"service_principal\\{'b' * 8}-{'b' * 4}-{'b' * 4}-{'b' * 4}-{'b' * 12}"
    assert event.pusher_name == "Deploy"


CHANGES = [
    ({}, "no_commit"),
    ({"commit": NEW, "status": "active"}, f"{NEW.lower()}/active"),
    (
        {"commit": NEW, "merge_commit": OLD, "status": "completed"},
        f"{NEW.lower()}/{OLD}/completed",
    ),
]


@pytest.mark.parametrize(("fields", "end"), CHANGES)
def test_a_pull_request_has_its_state_in_the_id(fields, end):
    change = SeenPullRequest(
        repository=GUID, number=7, creator=ANNA, source="refs/heads/topic", target="main",
        time=NOW, **fields,
    )  # fmt: skip
    event = pull_request_changed(change)
    assert event.id == f"ado/{GUID}/pr/7/{end}"
    assert (event.source_branch, event.target_branch) == ("topic", "main")
    assert event.creator == "anna@contoso.example"
