"""Who opened the pull requests of a commit, and comments there: read as they are, answered once."""

import asyncio

import pytest

from core.accounts import AccountKind, kind_of
from core.ports import BringingPullRequest
from tests.adapters.azure_devops.reviewed_world import AzureReviewed
from tests.peers.azure_devops import AzureDevOpsPeer, service_principal
from tests.peers.azure_devops.threads import open_thread
from tests.peers.azure_devops.world import SLUSS


@pytest.fixture
async def world(tmp_path):
    async with AzureDevOpsPeer(tmp_path) as devops:
        made = AzureReviewed(devops)
        yield made
        await made.close()


STRATEGIES = ("noFastForward", "squash", "rebase", "rebaseMerge")


@pytest.mark.parametrize("strategy", STRATEGIES)
async def test_who_opened_it_is_known_by_its_commits_and_by_what_they_became(world, strategy):
    pull_request, head = world.opened()
    landed = pull_request.complete(by=world.ben, strategy=strategy).ref_updates[0].new

    found = await world.reviews.pull_requests_of(world.repository, [head, landed])

    made = BringingPullRequest(creator="anna.berg@bank.example", source=head, landed=landed)
    assert found == dict.fromkeys([head, landed], (made,))


async def test_a_commit_that_nobody_asked_to_pull_is_left_out(world):
    commit = world.commit({"a": b"1"})

    assert await world.reviews.pull_requests_of(world.repository, [commit]) == {}


async def test_several_people_and_many_commits_are_asked_for_some_at_a_time(world):
    first, head = world.opened()
    first.complete(by=world.ben)
    commits = [world.commit({"n": str(number)}) for number in range(120)]
    mark = world.devops.calls.mark()

    found = await world.reviews.pull_requests_of(world.repository, [*commits, head])

    assert [(key, each.creator) for key, [each] in found.items()] == [
        (head, "anna.berg@bank.example")
    ]
    assert len(world.devops.calls.since(mark).to("POST", "pullRequestQuery")) == 2


async def test_a_service_that_opened_it_is_of_its_own_kind(world):
    robot = world.devops.join(service_principal("robot", "11111111-2222-3333-4444-555555555555"))
    world.commit({"a": b"1"})
    head = world.push({"a": "2"})
    world.churn.pull_requests.create("change", by=robot, title="By a service").complete(
        by=world.ben
    )

    [[made]] = (await world.reviews.pull_requests_of(world.repository, [head])).values()
    assert kind_of(made.creator) is AccountKind.SERVICE_PRINCIPAL


async def test_a_comment_is_read_as_the_host_has_it(world):
    pull_request, head = world.opened()
    thread = open_thread(pull_request, "/sluss status", by=world.ben)

    found = await world.reviews.comment(world.repository, pull_request.number, thread.number, 1)

    assert found is not None
    assert (found.author.name, found.text, found.commit) == (
        "ben.moe@bank.example",
        "/sluss status",
        head,
    )
    assert (found.is_edited, found.is_ours) == (False, False)


async def test_a_comment_is_about_what_its_author_has_seen_and_not_about_later_pushes(world):
    pull_request, head = world.opened()
    thread = open_thread(pull_request, "/sluss retry", by=world.ben)
    newest = world.push({"b": "1"})
    thread.say("/sluss retry", by=world.ben)
    pull_request.complete(by=world.ben, delete_source=True)

    place = world.repository, pull_request.number, thread.number
    told = [await world.reviews.comment(*place, number) for number in (1, 2)]
    assert [each.commit for each in told] == [head, newest]


async def test_an_edited_one_says_so_and_a_deleted_one_is_none(world):
    pull_request, _ = world.opened()
    thread = open_thread(pull_request, "/sluss status", by=world.ben)
    comment = thread.comments[0]
    comment.updated = world.devops.now()

    async def read():
        return await world.reviews.comment(world.repository, pull_request.number, thread.number, 1)

    assert (await read()).is_edited
    comment.is_deleted = True
    assert await read() is None
    assert await world.reviews.comment(world.repository, pull_request.number, 99, 1) is None


@pytest.mark.parametrize("by_us", [True, False])
async def test_our_own_words_are_known_by_who_wrote_them_and_by_their_marker(world, by_us):
    pull_request, _ = world.opened()
    by, text = (SLUSS, "Hello.") if by_us else (world.ben, "Hello.\n\n<!-- sluss:answer 1 -->")
    thread = open_thread(pull_request, text, by=by)

    found = await world.reviews.comment(world.repository, pull_request.number, thread.number, 1)

    assert found.is_ours


async def test_a_comment_is_answered_in_its_thread_once(world):
    pull_request, _ = world.opened()
    thread = open_thread(pull_request, "/sluss status", by=world.ben)
    asked = world.repository, pull_request.number, thread.number, 1

    await world.reviews.answer(*asked, "It waits for approval.")
    await world.another().answer(*asked, "Another answer.")

    [_, answer] = thread.comments
    assert answer.content.startswith("It waits for approval.")
    assert (answer.author, answer.parent) == (SLUSS, 1)


async def test_a_marker_that_somebody_else_wrote_is_no_answer(world):
    pull_request, _ = world.opened()
    thread = open_thread(pull_request, "/sluss why", by=world.ben)
    thread.say("<!-- sluss:answer 1 -->", by=world.ben)

    await world.reviews.answer(world.repository, pull_request.number, thread.number, 1, "So.")

    assert thread.comments[-1].author == SLUSS


async def test_a_robot_that_answers_each_answer_has_the_last_word(world):
    """Its words begin as a command does, and ours make it speak again."""
    pull_request, _ = world.opened()
    thread = open_thread(pull_request, "/sluss help", by=world.ben)
    asked = world.repository, pull_request.number, thread.number
    for number in range(1, 200, 2):
        before = len(thread.comments)
        await world.reviews.answer(*asked, number, "So.")
        if len(thread.comments) == before:
            break
        thread.say("/sluss help", by=world.ben)
    assert 0 < len([each for each in thread.comments if each.author == SLUSS]) < 50


async def test_each_comment_of_a_thread_has_an_answer_of_its_own(world):
    pull_request, _ = world.opened()
    thread = open_thread(pull_request, "/sluss status", by=world.ben)
    thread.say("/sluss why", by=world.anna)
    asked = world.repository, pull_request.number, thread.number

    await asyncio.gather(
        world.reviews.answer(*asked, 1, "One."), world.reviews.answer(*asked, 2, "Two.")
    )

    assert sorted(each.content[:4] for each in thread.comments[2:]) == ["One.", "Two."]
