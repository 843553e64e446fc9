"""A comment of a pull request is a command to us or nothing of ours, and then nothing is kept."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RejectedDeliveryError
from core.events.codec import encode_batch
from core.events.outside import DeliveryIgnored, PullRequestCommented
from core.git_events import DELETED, EDITED, LONGEST_COMMAND, NO_COMMAND, NOT_SAID, command_in
from handlers.azure_devops import source
from tests.handlers.recorded import NOW, raw, resource_changed

REPOSITORY = "2f3d611a-f012-4b39-b157-8db63f380226"
PROJECT = "c0ffee00-1111-4222-8333-444455556666"
ONE, TWO = "pullrequest_comment__command_1_0", "pullrequest_comment__command_2_0"
SAID_AT = datetime(2026, 2, 3, 10, 20, 30, 500000, tzinfo=UTC)


def read(body):
    return source.read({}, body, NOW).events


def said(name=TWO, **fields):
    """The events of a comment whose fields are changed, in the shape of the recorded one."""
    resource = json.loads(raw("azure_devops", name))["resource"]
    if name == ONE:
        return read(resource_changed(name, **fields))
    return read(resource_changed(name, comment=resource["comment"] | fields))


def commented(**fields):
    usual = {
        "id": f"ado/{REPOSITORY}/pr/7/thread/5/comment/2", "time": SAID_AT,
        "source": "azure-devops", "repository": REPOSITORY, "pull_request": 7, "thread": 5,
        "comment": 2, "author": "anna.lind@contoso.example", "author_name": "Anna Lind",
        "project": PROJECT,
    }  # fmt: skip
    return PullRequestCommented(**(usual | fields))


def test_both_shapes_of_a_command_are_one_event():
    number = "5d0a3f0e-7b21-4d0c-9a51-0f6f3b1c9e11"
    assert read(raw("azure_devops", ONE)) == (
        commented(delivery=f"{number}/201", text="/sluss status"),
    )
    assert read(raw("azure_devops", TWO)) == (
        commented(delivery=f"{number}/202", text="/sluss retry", commit="11" * 20),
    )


IGNORED = [
    ("edited", EDITED),
    ("between_people", NO_COMMAND),
    ("of_the_system", NOT_SAID),
    ("deleted", DELETED),
]


@pytest.mark.parametrize(("variant", "reason"), IGNORED)
def test_what_is_no_command_says_why_and_keeps_nothing_that_was_said(variant, reason):
    (event,) = read(raw("azure_devops", f"pullrequest_comment__{variant}"))
    assert isinstance(event, DeliveryIgnored)
    assert event.reason == reason
    assert b"salary" not in encode_batch([event])


def test_of_what_people_write_behind_a_command_nothing_is_kept():
    (event,) = said(content="/sluss why\nAnna earns too much")
    assert event.text == "/sluss why"
    assert b"earns" not in encode_batch([event])


COMMANDS = [
    ("/sluss", "/sluss"),
    ("/SLUSS Retry", "/SLUSS Retry"),
    ("  \n\t/sluss help me", "/sluss help me"),
    ("/sluss\tstatus", "/sluss status"),
    ("/sluss status\r\nmore", "/sluss status"),
    ("/sluss " + "x" * 5000, "/sluss " + "x" * (LONGEST_COMMAND - 7)),
    ("/sluss \x1b[2J\u202eretry", "/sluss  [2J retry"),
]
NONE = [
    "", " ", "sluss retry", "/slusser retry", "/sluss/retry", "/slus retry", "please /sluss retry",
    "> /sluss retry", "`/sluss retry`", "**Sluss**: loan-1 is blocked", "<!-- -->/sluss retry",
    "\u200b/sluss retry", "/\u017fluss retry", "\uff0fsluss retry",
]  # fmt: skip


@pytest.mark.parametrize(("text", "line"), COMMANDS, ids=lambda text: text[:20])
def test_a_command_is_the_first_line_of_a_comment_that_begins_with_our_name(text, line):
    (event,) = said(content=text)
    assert isinstance(event, PullRequestCommented)
    assert event.text == line


@pytest.mark.parametrize("text", NONE, ids=ascii)
def test_anything_else_is_no_command(text):
    (event,) = said(content=text)
    assert isinstance(event, DeliveryIgnored)
    assert event.reason == NO_COMMAND


@given(st.text())
def test_whatever_is_written_a_command_is_one_short_line_that_can_be_shown(text):
    line = command_in(text)
    assert len(line) <= LONGEST_COMMAND
    assert line.isprintable()
    assert not line or line.casefold().startswith("/sluss")


def test_a_text_of_two_megabytes_is_read_without_haste():
    (event,) = said(content="/sluss " + "\n" * 1_900_000)
    assert event.text == "/sluss"
    (event,) = said(content=" " * 1_900_000 + "x")
    assert event.reason == NO_COMMAND


@pytest.mark.parametrize("name", [ONE, TWO])
def test_what_a_body_does_not_tell_of_its_place_is_read_from_its_links(name):
    fields = {"pullRequest": None} if name == TWO else {}
    (event,) = read(resource_changed(name, **fields))
    assert (event.repository, event.pull_request) == (REPOSITORY, 7)
    assert (event.thread, event.comment) == (5, 2)


def test_without_its_repository_the_event_says_what_it_has():
    links = {"self": {"href": "https://x/threads/9/comments/3"}}
    (event,) = said(ONE, _links=links)
    assert isinstance(event, DeliveryIgnored)  # a thread without its pull request is nowhere
    links = {"threads": {"href": f"x/repositories/{REPOSITORY}/pullRequests/8/threads/9"}}
    (event,) = said(ONE, _links=links)
    assert (event.repository, event.pull_request, event.thread) == (REPOSITORY, 8, 9)


@pytest.mark.parametrize("links", [None, {}, {"self": None}, {"self": {"href": ""}}])
def test_without_its_thread_nobody_can_be_asked(links):
    (event,) = said(_links=links)
    assert isinstance(event, DeliveryIgnored)
    assert 'set "Resource details to send" to All' in event.reason


def test_of_a_minimal_delivery_the_place_is_kept_to_read_the_comment_there():
    (event,) = read(raw("azure_devops", "pullrequest_comment__minimal"))
    assert isinstance(event, PullRequestCommented)
    assert (event.repository, event.pull_request) == (REPOSITORY, 7)
    assert (event.thread, event.comment, event.text, event.author) == (5, 2, "", "")


def test_a_comment_that_was_never_edited_may_lack_the_date():
    (event,) = said(lastContentUpdatedDate=None)
    assert isinstance(event, PullRequestCommented)


def test_a_service_principal_is_named_as_one():
    author = {"id": "s-1", "displayName": "Bot", "descriptor": "aadsp.eA"}
    (event,) = said(author=author)
    assert event.author == "service_principal\\s-1"


WRONG = [
    {"id": "2"}, {"id": -1}, {"author": "anna"}, {"author": {"displayName": "Anna"}},
    {"author": {"id": "a", "uniqueName": "x\ny"}}, {"publishedDate": "yesterday"},
    {"content": {"html": "x"}}, {"commentType": 3}, {"_links": []}, {"isDeleted": "no"},
]  # fmt: skip


@pytest.mark.parametrize("name", [ONE, TWO])
@pytest.mark.parametrize("fields", WRONG, ids=str)
def test_a_comment_of_the_wrong_shape_is_rejected(name, fields):
    with pytest.raises(RejectedDeliveryError, match="cannot be read"):
        said(name, **fields)
