"""What became of each delivery, and a dead letter that is sent again."""

from core.events.outside import CodePushed, DeliveryIgnored, DeliveryRejected
from tests.web.pages.serving import a_dead_letter

SECRET = "hunter2-in-the-body"


async def test_before_the_first_one_it_says_so(read):
    _, text = await read("/deliveries")

    assert "No delivery has come yet." in text
    assert "Waiting: 0 in “events”, 0 in “cards”, 0 in “steps”, 0 in “observe”." in text


async def test_each_says_what_it_came_to(pages, read, source):
    handle, now = pages.world.handle, pages.world.clock()
    kept = await pages.evidence.keep(SECRET.encode())
    common = {"time": now, "source": "azure-devops"}
    for event in (
        CodePushed(
            id="ado/r1/1/x", delivery="d1", repository="r1", branch="main", commit="c" * 40,
            pusher="ada", push_id=1, **common,
        ),
        DeliveryIgnored(id="i", delivery="d2", what="tfvc.checkin", reason="no such type", **common),
        DeliveryRejected(id="r", delivery="d3", reason="no JSON", body=kept, **common),
    ):  # fmt: skip
        await handle(event)
    _, text = await read("/deliveries")

    assert "CodePushed made release loan-1 d1" in text
    assert "tfvc.checkin ignored: no such type d2" in text
    assert "rejected no JSON d3" in text
    assert 'href="/releases/loan-1"' in await source("/deliveries")
    assert SECRET not in await source("/deliveries")


async def test_a_dead_letter_is_shown_with_its_reason_and_never_its_body(pages, read):
    body = f'{{"token": "{SECRET}"}}'.encode()
    await a_dead_letter(pages.queues["steps"], "step/loan-1/train", reason="KeyError", body=body)
    _, text = await read("/deliveries")

    assert "Dead letters of “steps” Message Reason Since step/loan-1/train KeyError" in text
    assert SECRET not in text


async def test_redrive_sends_it_again_and_leads_back(pages, read):
    await a_dead_letter(pages.queues["steps"], "step/loan-1/train", reason="KeyError")
    answer = await _redrive(pages, "steps", "step/loan-1/train")

    assert (answer.status, answer.headers["Location"]) == (303, "/deliveries")
    assert await pages.queues["steps"].dead_letters() == []
    assert "1 in “steps”" in (await read("/deliveries"))[1]


async def test_what_is_gone_already_says_so(pages):
    for queue, message in (("steps", "gone"), ("no_such_queue", "gone")):
        answer = await _redrive(pages, queue, message)
        assert answer.status == 404
        assert "gone already" in await answer.text()


async def _redrive(pages, queue, message):
    return await pages.client.post(
        f"/deliveries/{queue}/redrive",
        data={"message": message},
        headers={"Origin": pages.origin},
        allow_redirects=False,
    )
