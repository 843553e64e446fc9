"""Bad deliveries to the running product: each is answered, and /deliveries says what became of it."""

import asyncio
import html
import time
import uuid

import pytest

from core.events.derived import ReleaseOpened
from core.events.outside import CodePushed
from core.release.state import State
from core.words import ReleaseId
from handlers.signature import SIGNATURE, TIMESTAMP
from sluss.home.settings import read_platform
from tests.story.deliveries import GONE, NOTHING, Sender, push
from tests.story.onlooker import rules

pytestmark = [pytest.mark.story, pytest.mark.timeout(1500)]

HINT = {"entity": "registered_model", "action": "created", "data": {"name": "nobody_s"}}


@pytest.fixture
def sender(up):
    return Sender(up.settings)


@pytest.fixture(scope="module")
def paper(up, tmp_path_factory):
    """The host's id of a repository that is only in deliveries made by hand."""
    folder = tmp_path_factory.mktemp("paper") / "paper_rules"
    asyncio.run(rules(folder, up.settings))
    known = read_platform(up.home).repositories
    return next(repository.id for repository in known if repository.name == folder.name)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"eventType": "git.push", ', "rejected: The delivery cannot be read"),
        ({"eventType": "git.push", "resource": "text"}, "rejected: The delivery cannot be read"),
        (b"[" * 10_000, "rejected: The delivery cannot be read"),
        (b" " * (2 * 1024 * 1024 + 1), "rejected: the body is over 2 MB"),
        ({"eventType": "workitem.created", "id": "w1"}, "ignored: nothing here reads this type"),
        (push("nobody", 1), "ignored: unknown repository nobody"),
        (push("nobody", 2, ref="refs/tags/v1"), "ignored: refs/tags/v1 is no branch"),
    ],
    ids=["no JSON", "wrong shape", "nested", "too large", "unknown type", "unknown", "tag"],
)
async def test_a_bad_delivery_is_taken_and_shown_with_its_reason(sender, onlooker, body, said):
    before = {row.event for row in await onlooker.store.deliveries(500)}
    assert await sender.azure_devops(body) == 202

    await _new_row(onlooker, before, said)


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "not-the-secret"},
        {"leave_out": (SIGNATURE,)},
        {"leave_out": (TIMESTAMP,)},
        {"age_s": 301},
        {"age_s": -301},
    ],
    ids=["wrong signature", "no signature", "no timestamp", "too old", "from the future"],
)
async def test_a_registry_hook_that_proves_nothing_leaves_nothing(sender, onlooker, wrong):
    before = await onlooker.store.deliveries(500)
    assert await sender.mlflow(HINT, **wrong) == 401
    assert await onlooker.store.deliveries(500) == before


@pytest.mark.parametrize("wrong", [{"secret": "guess"}, {"headers": {"X-Nothing": "1"}}])
async def test_a_push_that_proves_nothing_leaves_nothing(sender, onlooker, paper, wrong):
    before = await onlooker.store.deliveries(500)
    assert await sender.azure_devops(push(paper, 900), **wrong) == 401
    assert await onlooker.store.deliveries(500) == before


async def test_a_hook_about_a_model_that_nobody_claims_says_so(sender, onlooker):
    before = {row.event for row in await onlooker.store.deliveries(500)}
    assert await sender.mlflow(HINT) == 202
    await _new_row(onlooker, before, "ignored: no repository claims a model called 'nobody_s'")


async def test_the_same_delivery_five_times_makes_one_release(sender, onlooker, paper):
    delivery = push(paper, 11, ref="refs/heads/five")
    for _ in range(4):
        assert await sender.azure_devops(delivery) == 202
    delivery["notificationId"] = 12  # the same push, sent by another subscription
    delivery["subscriptionId"] = str(uuid.uuid4())
    assert await sender.azure_devops(delivery) == 202

    made = await _delivery(onlooker, f"ado/{paper}/11/", "made release paper_rules-")
    events = await onlooker.events("paper_rules")
    opened = [e for e in events if isinstance(e, ReleaseOpened) and e.branch == "five"]
    assert [event.release for event in opened] == [made.release]


async def test_deliveries_out_of_order_leave_the_newest(sender, onlooker, paper):
    assert await sender.azure_devops(push(paper, 23, ref="refs/heads/order")) == 202
    await _delivery(onlooker, f"ado/{paper}/23/", "made release")
    for push_id in (22, 21):
        assert await sender.azure_devops(push(paper, push_id, ref="refs/heads/order")) == 202
        stale = "ignored: stale: a newer push to order was seen already"
        await _delivery(onlooker, f"ado/{paper}/{push_id}/", stale)

    events = await onlooker.events("paper_rules")
    pushed = [e.push_id for e in events if isinstance(e, CodePushed) and e.branch == "order"]
    opened = [e.push_id for e in events if isinstance(e, ReleaseOpened) and e.branch == "order"]
    assert (pushed, opened) == ([23, 22, 21], [23])


async def test_a_commit_that_no_longer_exists_fails_in_words(sender, onlooker, paper):
    assert await sender.azure_devops(push(paper, 31, ref="refs/heads/gone")) == 202
    made = await _delivery(onlooker, f"ado/{paper}/31/", "made release")
    failed = await onlooker.until(ReleaseId(made.release), State.FAILED)
    assert GONE[:7] in failed.reason
    assert "push" in failed.reason


async def test_a_deleted_branch_ends_what_waited_there(sender, onlooker, paper):
    assert await sender.azure_devops(push(paper, 41, ref="refs/heads/short")) == 202
    made = await _delivery(onlooker, f"ado/{paper}/41/", "made release")
    await onlooker.until(ReleaseId(made.release), State.FAILED)  # the commit is not there
    deletion = push(paper, 42, ref="refs/heads/short", old=GONE, new=NOTHING)
    assert await sender.azure_devops(deletion) == 202

    await _delivery(onlooker, f"ado/{paper}/42/", f"ended release {made.release}")
    ended = await onlooker.until(ReleaseId(made.release), State.SUPERSEDED)
    assert ended.reason == "superseded by the deletion of branch short"


async def _delivery(onlooker, event, said):
    """The delivery's row, once /deliveries says what became of it."""
    return await _shown(onlooker, lambda row: row.event.startswith(event) and said in row.outcome)


async def _new_row(onlooker, before, said):
    return await _shown(onlooker, lambda row: row.event not in before and said in row.outcome)


async def _shown(onlooker, is_meant):
    found, deadline = [], time.monotonic() + 10
    while not found:
        assert time.monotonic() < deadline, await onlooker.store.deliveries(5)
        await asyncio.sleep(0.05)
        found = list(filter(is_meant, await onlooker.store.deliveries(500)))
    page = html.unescape(await Sender(onlooker.settings).page())
    assert found[0].outcome.removeprefix("rejected: ") in page
    return found[0]
