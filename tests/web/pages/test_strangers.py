"""What comes from a repository, a model or a person is shown as words, and no secret is shown."""

import secrets

import pytest

from adapters.local_runs.folder import RunFolder
from adapters.local_runs.run_log import RunLog
from core.events.outside import DeliveryRejected
from core.gate.checks import CheckResult, Finding, Status
from core.results import Checked, Failed, Ran
from core.words import Stage, Step
from tests.core.story import CHECKED, EVE, Story
from tests.origins import happens
from tests.web.pages.serving import some_pages

EVIL = "<script>alert(1)</script>"
RUN = "0123456789abcdef" * 2


def found(**texts: str) -> Story:
    finding = Finding(**({"path": "README.md", "mend": "add it"} | texts))
    result = CheckResult(
        check="structure", title="Structure", owner="GBI", priority=1, status=Status.FOUND,
        findings=(finding,),
    )  # fmt: skip
    checked = Checked(checks=(result,), model="loan_default", team="credit")
    return Story().push(1).finish(Step.CHECK, checked)


def trained() -> Story:
    return Story().push(1).finish(Step.CHECK, CHECKED)


FROM_OUTSIDE = {
    "a path": found(path=EVIL),
    "a finding": found(wrong=EVIL),
    "what to do about it": found(mend=EVIL),
    "a branch": Story().push(1, branch=EVIL),
    "who pushed": Story().push(1, pusher=EVIL),
    "a model's name": Story()
    .push(1)
    .finish(Step.CHECK, Checked(checks=(), model=EVIL, team="credit")),
    "a metric's name": trained()
    .finish(Step.TRAIN, Ran(run="r"))
    .finish(Step.SCORE, Ran(run="r"))
    .finish(Step.EVALUATE, Ran(run="r", metrics={EVIL: 1.0})),
    "why a step failed": trained().finish(Step.TRAIN, Failed(reason=EVIL)),
    "what a step does": trained().progress(Step.TRAIN, EVIL),
    "a purpose": Story().push(1).to_registered().request(Stage.QA, purpose=EVIL),
    "a comment": Story().push(1).to_registered().request(Stage.QA).approve(EVE, comment=EVIL),
}


@pytest.mark.parametrize("story", FROM_OUTSIDE.values(), ids=FROM_OUTSIDE)
async def test_it_cannot_write_into_the_page(pages, source, story):
    await pages.world.told(story)
    page = await source("/releases/loan-1")

    assert "&lt;script&gt;" in page
    for path in ("/releases", "/releases/loan-1", "/deliveries"):
        assert EVIL not in await source(path)


async def test_a_release_that_is_not_there_cannot_either(source):
    assert "<b>" not in await source("/releases/%3Cb%3E")
    assert "<b>" not in await source("/releases?commit=%3Cb%3E")


@pytest.mark.parametrize(
    "printed", ["token={}", "Authorization: Bearer {}", "https://me:{}@x.example"]
)
async def test_a_log_that_is_still_written_shows_no_secret(pages, read, printed):
    secret = secrets.token_hex(16)
    await pages.world.told(trained())
    await pages.world.store.effect("run/loan-1/train/TST/1", RUN)
    folder = RunFolder(pages.folder / "runs" / RUN)
    folder.path.mkdir(parents=True)
    with RunLog(folder.log, secrets=()) as log:
        log.write(f"connecting with {printed.format(secret)}\n".encode())
    _, text = await read("/releases/loan-1")

    assert "Log train on TST, attempt 1 connecting with" in text
    assert "***" in text
    assert secret not in text


async def test_what_a_rejected_delivery_held_is_shown_nowhere(pages, source):
    secret = secrets.token_hex(16)
    await happens(pages.world.handle,
        DeliveryRejected(
            id="r", time=pages.world.clock(), source="azure-devops", delivery="d1",
            reason="no JSON", body=await pages.evidence.keep(secret.encode()),
            headers={"User-Agent": secret},
        )
    )  # fmt: skip

    assert "no JSON" in await source("/deliveries")
    assert secret not in await source("/deliveries")


async def test_the_login_in_the_address_of_mlflow_is_not_shown(tmp_path):
    secret = secrets.token_hex(16)
    url = f"https://sluss:{secret}@mlflow.example:5000/base"
    async with some_pages(tmp_path, mlflow_url=url) as pages:
        await pages.world.told(trained().finish(Step.TRAIN, Ran(run="run1")))
        text = await (await pages.client.get("/releases/loan-1")).text()

    assert "run1 at https://mlflow.example:5000/base" in text
    assert secret not in text


async def test_a_secret_of_ours_shows_on_no_page_however_it_came_there(tmp_path):
    secret = secrets.token_urlsafe(32)
    async with some_pages(tmp_path, known=[secret]) as pages:
        await pages.world.told(trained().finish(Step.TRAIN, Failed(reason=f"it was {secret}!")))
        text = await (await pages.client.get("/releases/loan-1")).text()

    assert "it was ***!" in text
    assert secret not in text
