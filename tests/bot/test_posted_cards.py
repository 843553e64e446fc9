"""A posted card never tells what is true no longer: whatever happens, it is drawn again or stays true.

Stories are walked at random, and after each event the cards that the flow asks for are drawn. At the
end every posted card is what it would be if it were drawn now.
"""

import random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards import acceptance, approval, base, problem, registry, release
from bot.cards.approval import ApprovalView
from bot.cards.base import BaseView
from bot.cards.registry import RegistryView
from bot.show import with_base
from bot.view import View
from core.events.derived import RegistryChangedOutside
from core.gate.checks import CheckResult, Measure, Status
from core.results import Promoted, Ran, Registered
from core.words import ReleaseId, Stage, Step
from tests.bot.views import PAGES, words
from tests.core.flow.test_cards import ADAS
from tests.core.story import ADA, BEN, CHECKED, EVE, FAILED, VOID, Story

ACTIONS = (
    "push", "accept", "decline", "request", "approve", "approve", "turn_down", "fail", "void",
    "bury", "retry", "withdraw", "give_up", "by_hand", "base", "placed", "placed",
    "note", "quick", "late", "delete",
)  # fmt: skip
STAGES = (Stage.QA, Stage.PROD)


class Posted(Story):
    """A story, and beside it every card as it was drawn the last time."""

    def __init__(self) -> None:
        super().__init__(is_local=True)
        self.contributors = ADAS
        self.shown: dict[tuple[str, str], object] = {}
        self.drawn = 0

    def tell(self, event):
        super().tell(event)
        for card in dict.fromkeys(self.decision.cards):
            self.drawn += 1
            self.shown[card.card, card.subject] = self.draw(card.card, card.subject)
        return self

    def posted(self):
        """Those of bases of long ago are left out: they say who agreed, and the state forgets it."""
        known = {base.id for base in (self.model.base, self.model.agreed) if base}
        for (card, subject), shown in self.shown.items():
            is_agreed = card == "base" and any(
                "Agreed" in line for line in words(shown).split("\n")
            )
            if subject in known or not is_agreed:
                yield card, subject, shown

    def is_true(self) -> None:
        for card, subject, shown in self.posted():
            now = self.draw(card, subject)
            assert words(shown) == words(now), (card, subject, self.events[-4:])
            assert shown == now, (card, subject)

    def draw(self, card: str, subject: str):
        view, file = self._view(card, subject)
        return with_base(card, file.render(view), view)

    def _view(self, card: str, subject: str):
        story = self
        if card == "registry":
            wanted = subject.removeprefix("loan/")
            change = next(
                event for event in story.events
                if isinstance(event, RegistryChangedOutside) and event.id == wanted
            )  # fmt: skip
            return RegistryView(model=story.model, change=change, page_url=PAGES), registry
        fields = {"model": story.model, "context": story.context, "page_url": PAGES}
        if card == "approval":
            found = next(r for r in story.model.releases.values() if subject in r.promotions)
            promotion = found.promotions[subject]
            return ApprovalView(release=found, promotion=promotion, **fields), approval
        if card == "base":
            known = (story.model.base, story.model.agreed)
            mine = next((each for each in known if each and each.id == subject), None)
            of = story.model.releases[mine.release] if mine else story.release
            return BaseView(release=of, base=mine, **fields), base
        found = story.model.releases[ReleaseId(subject)]
        files = {"release": release, "acceptance": acceptance, "problem": problem}
        return View(release=found, **fields), files[card]

    def placed_on(self, *stages: Stage) -> None:
        self.to_registered(str(self.release.number))
        for stage in stages:
            self.request(stage).approve(EVE)
            if self.release.is_under_way(stage):
                self.finish(Step.PROMOTE, _good(self, self.release.current_step()), stage=stage)

    def _by_hand(self, stage: Stage, number: int) -> None:
        made = [r.registered.version for r in self.model.releases.values() if r.registered]
        version = ("", "700", *made)[number % (len(made) + 2)]
        held = {str(each): self.model.held(each) for each in STAGES}
        self.observe(**(held | {str(stage): version}))

    def _late(self, number: int) -> None:
        """Whatever runs still of any release, also of one that has ended, comes to its end."""
        ids = list(self.model.releases)
        release = self.model.releases[ids[number % len(ids)]]
        for run in release.steps.values():
            if run.finished is None:
                result = _good(self, run)
                self.finish(run.step, result, stage=run.stage, release=release.id)

    def do(self, action: str, number: int) -> None:  # noqa: C901, PLR0912, PLR0915 - a line per action
        """Do one thing to one of the releases; what is refused changes nothing."""
        story = self
        if action in {"push", "placed"} or not story.model.releases:
            story.push(number)
            if action == "placed":
                story.placed_on(*STAGES[: 1 + number % 3])
            return
        run, stage = story.release.current_step(), STAGES[number % 2]
        match action:
            case "go_on" if run.finished is None or run.ended == "stuck":
                story.finish(run.step, _good(story, run), stage=run.stage)
            case "fail" | "void":
                result = FAILED if action == "fail" else VOID
                story.finish(run.step, result, stage=run.stage)
            case "accept" | "decline":
                story.accept(ADA, yes=action == "accept", reason="no")
            case "request":
                story.request(stage, ADA, release=_any(story, number))
            case "approve" | "turn_down":
                story.approve(EVE, yes=action == "approve")
            case "bury":
                story.bury()
            case "retry":
                story.retry(ADA)
            case "withdraw" | "give_up":
                getattr(story, action)(stage, release=_any(story, number))
            case "by_hand":
                self._by_hand(stage, number)
            case "note":
                story.progress(run.step, f"note {number}", attempt=run.attempt)
            case "quick":
                story.report(_figures(number), attempt=run.attempt, waiting=("lint",))
            case "late":
                self._late(number)
            case "delete":
                story.delete_branch(number)
            case "base":
                undecided = story.model.base is not None and not story.model.base.outcome
                story.decide_base(BEN) if undecided else story.propose_base()


def _any(story: Story, number: int) -> str:
    live = story.model.live_ids
    return live[number % len(live)] if live else story.release.id


def _figures(number: int) -> CheckResult:
    return CheckResult(
        check="unit_tests", title="Tests pass", owner="GBI", priority=3, status=Status.PASSED,
        measures=(Measure("tests", number),),
    )  # fmt: skip


def _good(story: Story, run):
    version = str(story.release.number)
    found = {
        Step.CHECK: msgspec.structs.replace(CHECKED, checks=(_figures(story.release.number),)),
        Step.REGISTER: Registered(version=version, artifact_digest=f"a{version}"),
        Step.PROMOTE: Promoted(version=version, rows=3),
    }
    return found.get(run.step, Ran(run="r", metrics={"auc": 0.7 + story.release.number / 100}))


@given(st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_after_any_history_every_posted_card_says_what_is_so_now(chance: random.Random):
    posted = Posted()
    for number in range(1, 41):
        posted.do(chance.choice((*ACTIONS, *("go_on",) * 14)), number)
        if number % 8 == 0:
            posted.is_true()
