"""What the pages tell about releases: the list, and one release from push to production."""

import re

import msgspec
import pytest

from core.events.outside import CodePushed
from core.gate.checks import CheckResult, Finding, Status
from core.results import Checked, Failed, Ran, Registered
from core.words import Stage, Step
from tests.bot.test_who_pays import asked
from tests.bot.views import in_production
from tests.core.story import ADA, CHECKED, EVE, Story
from tests.origins import happens

BLOCKED = Checked(
    checks=(
        CheckResult(
            check="entry_points", title="The functions are there", owner="GBI", priority=1,
            status=Status.FOUND,
            findings=(Finding("src/score.py", "define evaluate()", "it has none", line=7),),
        ),
        CheckResult(
            check="clones", title="No copied code", owner="GBI", priority=5,
            status=Status.NOT_CHECKED, note="no clone index here",
        ),
    ),
    model="loan_default", team="credit",
)  # fmt: skip
EVIL = "<script>alert(1)</script>"


async def test_without_a_release_it_says_how_to_get_one(read):
    _, text = await read("/releases")

    assert "No release yet" in text
    assert "sluss add PATH" in text


async def test_the_list_names_every_release_with_its_state(pages, read):
    await pages.world.told(Story().push(1).push(2).to_registered("3"))
    _, text = await read("/releases")

    assert "loan-1 " in text
    assert "superseded" in text
    assert "loan-2 loan_default registered 3 main" in text


async def test_each_moment_stands_with_its_zone_and_can_be_read_by_a_machine(pages, source):
    await pages.world.told(in_production())
    for page in ("/releases", "/releases/loan-1"):
        text = await source(page)
        moments = re.findall(r'<time datetime="([^"]+)">([^<]+)</time>', text)
        assert ("2026-01-05T09:00:00Z", "2026-01-05 09:00:00 UTC") in moments
        assert len(moments) == len(re.findall(r"2026-01-05T?[ 0-9:]", text)) / 2


async def test_who_pushed_is_led_from_the_commit_to_the_release(pages):
    await pages.world.told(Story().push(1))
    async with pages.client.get(f"/releases?commit={1:040x}", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, "/releases/loan-1")


async def test_a_commit_on_its_way_is_looked_for_again_for_a_minute(pages, read, source):
    _, text = await read(f"/releases?commit={9:040x}")
    assert "The push of 000000000000 is on its way" in text

    again = f'<meta http-equiv="refresh" content="1; url=/releases?commit={9:040x}&amp;looks='
    assert f'{again}1">' in await source(f"/releases?commit={9:040x}")
    assert f'{again}60">' in await source(f"/releases?commit={9:040x}&looks=59")
    for looks in ("60", "9" * 30, "60.5e"):
        shown = await source(f"/releases?commit={9:040x}&looks={looks}")
        assert ("refresh" in shown) == (looks == "60.5e")
    _, text = await read(f"/releases?commit={9:040x}&looks=60")
    assert "No release of commit 0000000000000000000000000000000000000009" in text


@pytest.mark.parametrize("commit", ["main", "12", "%3Cb%3E", "z" * 40, "a" * 65])
async def test_what_is_no_commit_is_not_waited_for(source, commit):
    shown = await source(f"/releases?commit={commit}")
    assert "refresh" not in shown
    assert "No release of commit" in shown


async def test_the_beginning_of_a_commit_is_enough_where_it_names_one(pages, read):
    await pages.world.told(Story().push(0xA0).push(0xB0))
    short = f"{0xA0:040X}"[:39]
    async with pages.client.get(f"/releases?commit={short}", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, "/releases/loan-1")
    _, text = await read("/releases?commit=0000")
    assert "Several commits begin with 0000" in text
    assert "refresh" not in text


async def test_a_finding_stands_there_with_place_and_what_to_do(pages, read):
    await pages.world.told(Story().push(1).finish(Step.CHECK, BLOCKED))
    _, text = await read("/releases/loan-1")

    assert "src/score.py:7 it has none define evaluate()" in text
    assert "not checked here No copied code" in text
    assert "no clone index here" in text
    assert "check TST 1 1 finding 2026" in text


async def test_metrics_stand_beside_the_champions(pages, read):
    champion = Story().push(1).to_registered().promoted(Stage.QA).promoted(Stage.PROD)
    await pages.world.told(champion.push(2).to_acceptance(auc=0.65))
    _, text = await read("/releases/loan-2")

    assert "against the champion loan-1" in text
    assert "auc 0.65 was 0.7" in text


async def test_what_holds_production_stands_beside_what_held_it_before(pages, read):
    """Card and page said two things of the holder."""
    story = Story().push(1).to_registered("1").promoted(Stage.QA).promoted(Stage.PROD)
    story.push(2).to_acceptance(auc=0.75).accept()
    story.finish(Step.REGISTER, Registered(version="2", artifact_digest="b"))
    await pages.world.told(story.promoted(Stage.QA, "2").promoted(Stage.PROD, "2"))
    _, text = await read("/releases/loan-2")

    assert "against the champion loan-1" in text
    assert "auc 0.75 was 0.7" in text


async def test_after_three_promotions_one_line_says_that_it_holds_production(pages, read):
    story = Story()
    for number in (1, 2, 3):
        story.push(number).to_registered(str(number)).promoted(Stage.QA).promoted(Stage.PROD)
    await pages.world.told(story)
    _, text = await read("/releases")

    assert (text.count("placed PROD"), text.count("was on PROD")) == (1, 2)
    _, text = await read("/releases/loan-1")
    assert "placed PROD" not in text
    assert "was on PROD until 2026-01-05 09:00 UTC, when version 2 (loan-2) came" in text


async def test_a_stage_that_was_emptied_by_hand_is_held_by_nobody(pages, read):
    story = Story().push(1).to_registered().promoted(Stage.QA).promoted(Stage.PROD)
    await pages.world.told(story.observe(QA="1", PROD=""))
    _, text = await read("/releases")

    assert "was on PROD, holds QA" in text


async def test_a_metric_that_went_is_told(pages, read):
    story = Story().push(1).to_registered().promoted(Stage.QA).promoted(Stage.PROD).push(2)
    story.finish(Step.CHECK, CHECKED).finish(Step.TRAIN, Ran(run="r2"))
    story.finish(Step.SCORE, Ran(run="r2"))
    await pages.world.told(story.finish(Step.EVALUATE, Ran(run="r2", metrics={"ks": 0.4})))
    _, text = await read("/releases/loan-2")

    assert "auc gone was 0.7" in text
    assert "ks 0.4" in text


@pytest.mark.parametrize(("auc", "tone"), [(0.65, "bar bad"), (0.75, "bar good")])
async def test_the_bar_says_whether_it_is_better(pages, source, auc, tone):
    champion = Story().push(1).to_registered().promoted(Stage.QA).promoted(Stage.PROD)
    await pages.world.told(champion.push(2).to_acceptance(auc=auc))

    assert f'class="{tone}"' in await source("/releases/loan-2")


async def test_decisions_say_who_why_and_how_sure_we_are(pages, read):
    story = Story().push(1).to_registered().request(Stage.QA, purpose="a better cut")
    await pages.world.told(story.approve(ADA).approve(EVE, comment="compared both"))
    _, text = await read("/releases/loan-1")

    assert EVE.name in text
    for words in ("requested QA a better cut", "refused: approve", "compared both", "verified"):
        assert words in text


async def test_the_chain_leads_from_the_push_to_the_stage(pages, read):
    await pages.world.told(Story().push(1).to_registered().promoted(Stage.QA))
    _, text = await read("/releases/loan-1")
    chain = text.partition("Event chain")[2]
    steps = ["CodePushed", "ReleaseOpened", "VersionRegistered", "PromotionApproved", "StagePlaced"]

    assert [word for word in chain.split() if word in steps] == steps
    entries = await pages.world.store.load("loan")
    assert entries[0].hash[:12] in chain


async def test_why_it_failed_is_at_the_top_and_at_its_step(pages, read):
    failed = Failed(reason="train() raised ValueError at src/train.py:12")
    await pages.world.told(Story().push(1).finish(Step.CHECK, CHECKED).finish(Step.TRAIN, failed))
    _, text = await read("/releases/loan-1")

    assert text.count("train() raised ValueError at src/train.py:12") >= 2
    assert "train TST 1 failed" in text


async def test_the_log_of_the_newest_step_is_shown_without_colours(pages, read):
    log = await pages.evidence.keep(b"\x1b[32mfitted in 2 s\x1b[0m <b>")
    story = Story().push(1).finish(Step.CHECK, CHECKED)
    await pages.world.told(story.finish(Step.TRAIN, Ran(run="r", log=log)))
    _, text = await read("/releases/loan-1")

    assert "Log train on TST, attempt 1 fitted in 2 s <b>" in text


async def test_an_unknown_release_is_answered_with_the_near_ones(pages, read):
    await pages.world.told(Story().push(1))

    status, text = await read("/releases/loan-7")

    assert status == 404
    assert "loan-7" in text
    assert "loan-1" in text


@pytest.mark.parametrize("path", ["/releases", "/releases/loan-1", "/deliveries"])
async def test_a_branch_cannot_write_into_a_page(pages, source, path):
    await happens(pages.world.handle,
        CodePushed(
            id="ado/r1/1/evil", time=pages.world.clock(), source="azure-devops", delivery=EVIL,
            repository="r1", branch=EVIL, commit="c" * 40, pusher="ada", pusher_name=EVIL,
            push_id=1,
        )
    )  # fmt: skip

    assert EVIL not in await source(path)
    assert "&lt;script&gt;" in await source(path)


async def test_a_model_cannot_write_into_a_page(pages, source):
    log = await pages.evidence.keep(f"</pre>{EVIL}".encode())
    story = Story().push(1).finish(Step.CHECK, CHECKED)
    await pages.world.told(story.finish(Step.TRAIN, Failed(reason=EVIL, log=log)))

    assert EVIL not in await source("/releases/loan-1")
    assert "&lt;/pre&gt;&lt;script&gt;" in await source("/releases/loan-1")


STEPS = {
    "superseded after it failed": (
        lambda: Story().push(1).finish(Step.CHECK, Failed(reason="no room")).push(2),
        "check TST 1 failed",
    ),
    "superseded while it ran": (lambda: Story().push(1).push(2), "check TST 1 cancelled"),
    "stuck": (lambda: Story().push(1).bury(), "check TST 1 stuck"),
    "of a name that is taken": (
        lambda: Story().push(1).to_registered().push(2).finish(
            Step.CHECK, msgspec.structs.replace(CHECKED, model="other")
        ),
        "check TST 1 blocked",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("story", "said"), STEPS.values(), ids=STEPS)
async def test_a_step_says_how_it_ended_whatever_became_of_its_release(pages, read, story, said):
    told = story()
    await pages.world.told(told)
    number = 2 if said.endswith("blocked") else 1
    _, text = await read(f"/releases/loan-{number}")

    assert said in text


async def test_who_pays_is_told_and_stands_in_the_request_to_gbi(pages, read):
    await pages.world.told(asked().give_financial_id("CR-20417"))
    _, text = await read("/releases/loan-1")

    assert "said who pays" in text
    assert "to be charged to CR-20417, and enter it as SPN_QA" in text
