"""What became of each delivery, and a dead letter that is sent again."""

import pytest

from core.events.outside import CodePushed, DeliveryIgnored, DeliveryRejected, RegistryHinted
from core.jobs import RedriveLetter
from tests.origins import happens
from tests.web.pages.serving import a_dead_letter, told

SECRET = "hunter2-in-the-body"
FORM = "application/x-www-form-urlencoded"


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
        await happens(handle, event)
    _, text = await read("/deliveries")

    assert "CodePushed made release loan-1 d1" in text
    assert "tfvc.checkin ignored: no such type d2" in text
    assert "rejected no JSON d3" in text
    assert 'href="/releases/loan-1"' in await source("/deliveries")
    assert SECRET not in await source("/deliveries")


async def test_what_mlflow_sent_names_model_and_version(pages, read):
    common = {"time": pages.world.clock(), "source": "mlflow", "model": "loan_default"}
    for event in (
        RegistryHinted(id="h1", delivery="d1", what="model_version.created", version="3", **common),
        RegistryHinted(id="h2", delivery="d2", what="registered_model.created", **common),
    ):
        await happens(pages.world.handle, event)
    _, text = await read("/deliveries")

    assert "model_version.created: loan_default version 3 ignored" in text
    assert "registered_model.created: loan_default ignored" in text


async def test_who_was_refused_stands_there_with_address_and_count(pages, read):
    for _ in range(3):
        pages.refusals.note("azure-devops", "10.0.0.1", pages.world.clock())
    pages.refusals.others = 7
    _, text = await read("/deliveries")

    assert "azure-devops 10.0.0.1 3" in text
    assert "7 more came from other addresses" in text


async def test_a_dead_letter_is_shown_with_its_reason_and_never_its_body(pages, read):
    body = f'{{"token": "{SECRET}"}}'.encode()
    await a_dead_letter(pages.queues["steps"], "step/loan-1/train", reason="KeyError", body=body)
    _, text = await read("/deliveries")

    assert "Dead letters of “steps”" in text
    assert "step/loan-1/train KeyError" in text
    assert "It died a moment ago" in text
    assert SECRET not in text

    await told(pages)
    assert "Who are you? Astrid Lund" in (await read("/deliveries"))[1]


async def test_send_again_asks_for_it_once_and_leads_back(pages, read):
    await a_dead_letter(pages.queues["steps"], "step/loan-1/train", reason="KeyError")
    await told(pages)
    for by in ("astrid", "astrid"):  # who goes back and sends the form again
        answer = await _redrive(pages, "steps", "step/loan-1/train", by)
        assert (answer.status, answer.headers["Location"]) == (303, "/deliveries")

    [job] = await pages.world.store.unsent(10, RedriveLetter.lane)
    assert (job.queue, job.message) == ("steps", "step/loan-1/train")
    text = (await read("/deliveries"))[1]
    assert "Astrid Lund has sent it again: it leaves in a moment." in text
    assert "Astrid Lund (local unverified)" in text
    assert "Who are you?" not in text


async def test_who_comes_second_hears_who_was_first(pages):
    await a_dead_letter(pages.queues["steps"], "m", reason="KeyError")
    await told(pages)
    await _redrive(pages, "steps", "m", "astrid")
    answer = await _redrive(pages, "steps", "m", "dag")

    assert answer.status == 409
    assert "sent again before, by Astrid Lund" in await answer.text()
    assert len(await pages.world.store.unsent(10, RedriveLetter.lane)) == 1


async def test_nobody_sends_a_letter_again(pages):
    await a_dead_letter(pages.queues["steps"], "m", reason="KeyError")
    await told(pages)
    for by in ("", "a stranger"):
        answer = await _redrive(pages, "steps", "m", by)
        assert answer.status == 400
        assert "Say who you are" in await answer.text()

    assert len((await pages.world.store.desk()).open_letters()) == 1


NO_FORMS = {
    "no text": (b"by=\xff", {}),
    "an unknown alphabet": (b"by=x", {"Content-Type": f"{FORM}; charset=unknown"}),
    "parts of no form": (b"x", {"Content-Type": "multipart/form-data; boundary=x"}),
    "parts without a boundary": (b"x", {"Content-Type": "multipart/form-data"}),
    "not packed": (b"by=x", {"Content-Encoding": "gzip"}),
    "nothing": (b"", {}),
}


@pytest.mark.parametrize("kind", NO_FORMS)
async def test_what_is_no_form_of_ours_is_nobodys_in_words(pages, kind):
    body, more = NO_FORMS[kind]
    headers = {"Origin": pages.origin, "Content-Type": FORM, **more}
    answer = await pages.client.post("/deliveries/steps/redrive", data=body, headers=headers)

    assert answer.status == 400
    assert "Say who you are" in await answer.text()


async def test_what_is_no_dead_letter_says_so_and_leaves_nothing(pages):
    for queue, message in (("steps", "gone"), ("no_such_queue", "gone"), ("steps", "")):
        answer = await _redrive(pages, queue, message)
        assert answer.status == 404
        assert "There is no dead letter called" in await answer.text()

    assert (await pages.world.store.desk()).version == 0


async def _redrive(pages, queue, message, by="astrid"):
    return await pages.client.post(
        f"/deliveries/{queue}/redrive",
        data={"message": message, "by": by},
        headers={"Origin": pages.origin},
        allow_redirects=False,
    )
