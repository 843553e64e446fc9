"""Random stories to ask the evaluator about: with findings, a changed policy and odd people."""

import random

import msgspec

from core.gate.checks import CheckResult, Finding, Status
from core.people import UNKNOWN, Person
from core.policy import Policy
from core.release.state import State
from core.words import PersonId, Step
from tests.core.flow.test_states import ACTIONS, sensible, step
from tests.core.story import ADA, AUTHORED, BEN, BROKEN, CHECKED, EVE, OUT, UNPAID, Story

PICKED = msgspec.structs.replace(EVE, identity="local_unverified")
ZOE = Person(id=PersonId("zoe"), name="Zoe", groups=frozenset({"approvers"}))
PEOPLE = (ADA, BEN, EVE, OUT, PICKED, UNKNOWN, ZOE)
# they do nothing in a walk, so that nothing of their own ever bars them
TEAM_MATE = Person(id=PersonId("ann"), name="Ann", groups=frozenset({"credit"}))
APPROVER = Person(id=PersonId("una"), name="Una", groups=frozenset({"approvers"}))
SELDOM = frozenset({State.FAILED, State.STUCK, State.BLOCKED, State.PROMOTING})
POLICIES = (Policy(), Policy(), Policy(max_workers=2), Policy(blocks={"QA": 0, "PROD": 5}))


def findings(priority: int) -> CheckResult:
    return CheckResult(
        check=f"check_{priority}", title="A check", owner="GBI", priority=priority,
        status=Status.FOUND, findings=(Finding("README.md", "mend it"),),
    )  # fmt: skip


GATE = (
    CHECKED,
    BROKEN,
    AUTHORED,
    msgspec.structs.replace(CHECKED, checks=(findings(2),)),  # stands before QA
    msgspec.structs.replace(CHECKED, checks=(findings(3), findings(5))),  # stands before PROD
    UNPAID,
)


def a_walk(seed: int, length: int = 40) -> Story:
    """Mostly what people would do next, so that a walk gets far."""
    chance = random.Random(seed)  # noqa: S311 - a walk, not a secret
    story = Story(is_local=seed % 3 == 0)
    for number in range(1, chance.randrange(5, length)):
        newest = story.model.newest()
        if newest and newest.state in SELDOM and chance.random() < 0.4:
            break
        wanted = sensible(newest)
        action = wanted if chance.random() < 0.7 else chance.choice(ACTIONS)
        run = newest.current_step() if newest else None
        if action == "finish" and run and run.step is Step.CHECK:
            story.finish(run.step, chance.choice(GATE))
            continue
        step(story, action, chance.choice((*PEOPLE, ADA, EVE, ZOE)), number)
    story.policy = chance.choice(POLICIES)  # a restart may bring another one
    return story
