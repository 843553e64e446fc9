"""Whatever order things come in: no stage moves unless somebody without a hand in it said yes.

``EXAMPLES=10000 pytest --hypothesis-seed=1 <this file>`` looks at many more.
"""

import os
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from core.events.derived import PromotionApproved, StagePlaced
from core.events.people import RetryRequested
from tests.core.flow.four_eyes_walk import ACTIONS, PEOPLE, Walk, plain
from tests.core.flow.test_states import sensible

EXAMPLES = int(os.environ.get("EXAMPLES", "200"))
MOVES = st.lists(
    st.tuples(
        st.sampled_from((*ACTIONS, *["sensible"] * 30)),
        st.sampled_from(PEOPLE),
        st.sampled_from(PEOPLE),
    ),
    min_size=10,
    max_size=60,
)


def walked(moves) -> Walk:
    walk = Walk()
    for action, one, other in moves:
        walk.step(
            sensible(walk.story.model.newest()) if action == "sensible" else action, one, other
        )
    return walk


@settings(max_examples=EXAMPLES, deadline=None)
@given(MOVES)
def test_no_stage_moves_without_an_approval_of_somebody_who_had_no_hand_in_it(moves):
    assert walked(moves).problems == []


@settings(max_examples=EXAMPLES, deadline=None)
@given(MOVES, MOVES)
def test_a_refused_event_changes_no_later_decision(moves, later):
    """One of two equal walks hears what is refused, the other does not: they go on alike."""
    told, untold = Walk(), Walk()
    for action, one, other in (*moves, *later):
        wanted = sensible(told.story.model.newest()) if action == "sensible" else action
        before = plain(told.story)
        told.step(wanted, one, other)
        if told.story.refusal:
            assert plain(told.story) == before
            untold.number += 1
            untold.story.now = told.story.now
            continue
        untold.step(wanted, one, other)
        assert untold.story.derived == told.story.derived


def test_walks_do_reach_approvals_and_placements():
    """Otherwise the properties above would hold for nothing."""
    chance, kinds = random.Random(7), set()  # noqa: S311 - a walk, not a secret
    for _ in range(60):
        moves = [
            (
                "sensible" if chance.random() < 0.85 else chance.choice(ACTIONS),
                *chance.sample(PEOPLE, 2),
            )
            for _ in range(60)
        ]
        kinds |= {type(event) for event in walked(moves).story.events}
    assert {PromotionApproved, StagePlaced, RetryRequested} <= kinds
