"""Random stories to ask the evaluator about: with findings, changed policies and odd people."""

import random

import msgspec

from core.gate.checks import CheckResult, Finding, Status
from core.people import UNKNOWN, Person
from core.policy import Policy
from core.words import PersonId, Step
from tests.core.flow.test_states import ACTIONS, SENSIBLE, step
from tests.core.story import ADA, AUTHORED, BEN, CHECKED, EVE, OUT, Story

PICKED = msgspec.structs.replace(EVE, identity="local_unverified")
ZOE = Person(id=PersonId("zoe"), name="Zoe", groups=frozenset({"approvers"}))
PEOPLE = (ADA, BEN, EVE, OUT, PICKED, UNKNOWN, ZOE)
# they do nothing in a walk, so that nothing of their own ever bars them
TEAM_MATE = Person(id=PersonId("ann"), name="Ann", groups=frozenset({"credit"}))
APPROVER = Person(id=PersonId("una"), name="Una", groups=frozenset({"approvers"}))
POLICIES = (Policy(), Policy(max_workers=2), Policy(approvers={"QA": ("auditors",)}))


def findings(priority: int) -> CheckResult:
    return CheckResult(
        check=f"check_{priority}", title="A check", owner="GBI", priority=priority,
        status=Status.FOUND, findings=(Finding("README.md", "mend it"),),
    )  # fmt: skip


GATE = (
    CHECKED,
    AUTHORED,
    msgspec.structs.replace(CHECKED, checks=(findings(2),)),  # stands before QA
    msgspec.structs.replace(CHECKED, checks=(findings(3), findings(5))),  # stands before PROD
)


def a_walk(seed: int, length: int = 30) -> Story:
    """Mostly what people would do next, so that a walk gets far."""
    chance = random.Random(seed)  # noqa: S311 - a walk, not a secret
    story = Story(is_local=seed % 3 == 0)
    for number in range(1, chance.randrange(2, length)):
        newest = story.model.newest()
        wanted = SENSIBLE.get(newest.state, "finish") if newest else "push"
        action = wanted if chance.random() < 0.8 else chance.choice(ACTIONS)
        run = newest.current_step() if newest else None
        if chance.random() < 0.03:
            story.policy = chance.choice(POLICIES)
        if action == "finish" and run and run.step is Step.CHECK:
            story.finish(run.step, chance.choice(GATE))
            continue
        step(story, action, chance.choice((*PEOPLE, ADA, EVE, ZOE)), number)
    return story
