"""What is there of the service hooks that are wanted, and what ails it."""

import pytest

from core.hooks import WANTED, compare, troubles_of
from core.ports.host_events import HostProject
from core.ports.subscriptions import HookState, Subscription
from core.words import HookCondition

LENDING = HostProject(id="p1", name="lending")
PUSH = "git.push"


def subscription(name="s1", state=HookState.ENABLED, **more):
    about = {"project": LENDING.id, "event": PUSH, "is_ours": True, **more}
    return Subscription(id=name, state=state, **about)


def look(*found):
    [push] = [each for each in compare([LENDING], found) if each.hook.event == PUSH]
    return push


DEAD = HookState.DISABLED_BY_SYSTEM


@pytest.mark.parametrize(
    ("found", "condition"),
    [
        ([], HookCondition.MISSING),
        ([subscription()], HookCondition.WELL),
        ([subscription(state=HookState.RESTRICTED)], HookCondition.RESTRICTED),
        ([subscription(state=DEAD)], HookCondition.DISABLED_BY_SYSTEM),
        ([subscription(state=HookState.CREATOR_LEFT)], HookCondition.CREATOR_LEFT),
        ([subscription(state=HookState.DISABLED_BY_HAND)], HookCondition.DISABLED_BY_HAND),
        ([subscription(), subscription("s2")], HookCondition.DOUBLED),
        ([subscription(), subscription("s2", HookState.RESTRICTED)], HookCondition.DOUBLED),
        ([subscription(), subscription("s2", DEAD)], HookCondition.WELL),
        ([subscription(unfit="it has a filter")], HookCondition.MISSING),
        ([subscription(project="p2")], HookCondition.MISSING),
        ([subscription(event="build.complete")], HookCondition.MISSING),
        (
            [subscription(state=DEAD), subscription("s2", HookState.DISABLED_BY_HAND)],
            HookCondition.DISABLED_BY_HAND,
        ),
    ],
)
def test_the_state_of_a_wanted_hook(found, condition):
    assert look(*found).condition is condition


def test_every_wanted_hook_of_every_project_is_looked_at():
    other = HostProject(id="p2", name="risk")
    looks = compare([LENDING, other], [])
    assert [(each.project, each.hook) for each in looks] == [
        (project, hook) for project in (LENDING, other) for hook in WANTED
    ]
    assert len(troubles_of(looks)) == 2 * len(WANTED)


def test_only_what_nobody_meant_to_be_off_is_replaced():
    assert {each for each in HookCondition if each.is_replaced} == {
        HookCondition.DISABLED_BY_SYSTEM, HookCondition.CREATOR_LEFT,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("found", "surplus"),
    [
        ([subscription()], []),
        ([subscription("b"), subscription("a")], ["b"]),
        ([subscription("a"), subscription("b", is_ours=False)], ["a"]),
        ([subscription("a", is_ours=False), subscription("b", is_ours=False)], []),
        ([subscription("a"), subscription("b", DEAD)], []),
        ([subscription("a"), subscription("b", HookState.RESTRICTED, is_ours=False)], []),
        ([subscription("a", HookState.RESTRICTED), subscription("b")], ["a"]),
    ],
)
def test_of_doubled_ones_what_people_made_is_kept_and_of_ours_the_first(found, surplus):
    assert [each.id for each in look(*found).surplus] == surplus
