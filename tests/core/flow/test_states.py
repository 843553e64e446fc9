"""The state machine is walked at random: the picture in the docs is what the code does."""

import random
import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from core.authority.four_eyes import excluded
from core.events.derived import PromotionApproved, StagePlaced
from core.release.state import FINAL, RUNNING, State
from core.results import Promoted, Ran, Registered
from core.words import Stage, Step
from tests.core.story import ADA, BEN, BROKEN, CHECKED, EVE, FAILED, OUT, RULEBASED, VOID, Story

PAGE = Path(__file__).parents[3] / "docs" / "life_of_a_release.md"
ACTIONS = ("finish", "finish", "finish", "fail", "accept", "reject", "request", "approve", "turn_down",
           "retry", "withdraw", "give_up", "push", "branch", "delete", "bury", "observe", "gate_blocks", "rulebased")  # fmt: skip
PEOPLE = (ADA, BEN, EVE, OUT)


def drawn():
    arrows = re.findall(r"^ +(\w+) --> (\w+)$", PAGE.read_text(), re.MULTILINE)
    moves = {(State(a.replace("_", " ")), State(b.replace("_", " "))) for a, b in arrows}
    approved = {State.PROMOTING, State.PLACED}
    ended = {(state, State.SUPERSEDED) for state in State if state not in FINAL | approved}
    return moves | ended


def redriven():
    """A dead letter that is sent again may end as its step may end."""
    return {(State.STUCK, after) for before, after in drawn() if before in RUNNING}


def step(story, action, person, number):  # noqa: C901, PLR0912 - one line per action
    """Do one thing that somebody might do now; most are refused or ignored in most states."""
    if action in {"push", "branch"} or not story.model.releases:
        branch = "try_it" if action == "branch" else "main"
        return story.push(number, branch=branch)
    release, run = story.release, story.release.current_step()
    stage = (Stage.QA, Stage.PROD)[number % 2]
    match action:
        case "finish":
            story.finish(run.step, good(run), stage=run.stage)
        case "fail":
            story.finish(run.step, VOID if number % 2 else FAILED, stage=run.stage)
        case "gate_blocks" | "rulebased" if run.step is Step.CHECK:
            story.finish(run.step, BROKEN if action == "gate_blocks" else RULEBASED)
        case "accept" | "reject":
            story.accept(person, yes=action == "accept", reason="because")
        case "request":
            story.request(stage, person)
        case "approve" | "turn_down":
            story.approve(person, yes=action == "approve")
        case "retry":
            story.retry(person)
        case "withdraw":
            story.withdraw(release.stage, person)
        case "give_up":
            story.give_up(release.stage, person)
        case "delete":
            story.delete_branch(number, branch=release.branch)
        case "bury":
            story.bury()
        case "observe":
            story.observe(QA=str(number % 3))
    return story


def good(run):
    results = {
        Step.CHECK: CHECKED,
        Step.REGISTER: Registered(version="1", artifact_digest="a"),
        Step.PROMOTE: Promoted(version="1", rows=3),
    }
    return results.get(run.step, Ran(run="r", metrics={"auc": 0.7}))


SENSIBLE = {
    State.AWAITING_ACCEPTANCE: "accept",
    State.REGISTERED: "request",
    State.PLACED: "request",
    State.AWAITING_APPROVAL: "approve",
    State.FAILED: "retry",
    State.STUCK: "retry",
    State.BLOCKED: "retry",
}


def sensible(newest):
    """What people would do next with the newest release."""
    return SENSIBLE.get(newest.state, "finish") if newest else "push"


def sensibly(chance, length):
    """Mostly what people would do next, so that a walk gets far; now and then anything."""
    story = Story()
    for number in range(1, length):
        newest = story.model.newest()
        wanted = sensible(newest)
        if newest and newest.promotions and chance.random() < 0.3:
            wanted = {"retry": "give_up", "finish": "fail"}.get(wanted, wanted)
        action = wanted if chance.random() < 0.75 else chance.choice(ACTIONS)
        yield story, (action, chance.choice(PEOPLE), number)


def walk(story, actions):
    """The moves of all releases while the actions are taken."""
    moves, before = set(), {}
    for number, (action, person) in enumerate(actions, start=1):
        step(story, action, person, number)
        moves |= _moves(story, before)
    return moves


def _moves(story, before):
    now = {key: release.state for key, release in story.model.releases.items()}
    moved = {(before[key], state) for key, state in now.items() if before.get(key, state) != state}
    before.update(now)
    return moved


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.sampled_from(PEOPLE)), max_size=60))
def test_whatever_happens_only_drawn_moves_are_made_and_ends_are_ends(actions):
    story = Story()
    moves = walk(story, actions)

    assert moves <= drawn() | redriven()
    assert not {move for move in moves if move[0] in FINAL}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.sampled_from(PEOPLE)), max_size=80))
def test_nothing_is_placed_without_the_approval_of_somebody_else(actions):
    story = Story()
    walk(story, actions)
    approved = {
        (e.release, e.stage): e.by for e in story.events if isinstance(e, PromotionApproved)
    }

    for placed in (event for event in story.events if isinstance(event, StagePlaced)):
        release = story.model.releases[placed.release]
        by = approved[placed.release, placed.stage]
        requester = release.promotion_to(placed.stage).requester
        assert by.id not in excluded(story.model, release, requester)


def test_every_drawn_move_can_be_made():
    chance, seen = random.Random(7), set()  # noqa: S311 - a walk, not a secret
    for _ in range(1500):
        before = {}
        for story, (action, person, number) in sensibly(chance, 40):
            step(story, action, person, number)
            seen |= _moves(story, before)
        if seen >= drawn():
            break

    assert drawn() - seen == set()
    assert seen <= drawn() | redriven()
