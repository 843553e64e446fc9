"""Whatever order things come in: no pipeline goes on by the word of somebody with a hand in it.

``EXAMPLES=10000 pytest --hypothesis-seed=1 <this file>`` looks at many more.
"""

import os
import random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.local_files.people import PeopleFile
from core.checkpoint import CheckpointKind, CheckpointState, checkpoint_id
from core.context import Context
from core.counted_change import run_change
from core.events.derived import DecisionRefused
from core.events.desk import CheckpointDecided
from core.find_contributors import FindContributors
from core.people import Person
from core.policy import Policy
from core.release.model import Model
from core.results import Author, Commit
from core.words import PLATFORM
from tests.core.flow.four_eyes_walk import NOW, PEOPLE, History, _at_once, human
from tests.core.pipeline_story import PROJECT, RUN, PipelineStory

EXAMPLES = int(os.environ.get("EXAMPLES", "150"))
PLACES = ("production", "test")
ACTIONS = (
    "commit", "start", "start", "start_old", "approve", "approve", "approve", "reject",
    "taken", "taken", "cancel", "elsewhere",
)  # fmt: skip
MOVES = st.lists(
    st.tuples(st.sampled_from(ACTIONS), st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)),
    min_size=5,
    max_size=50,
)


class Walk:
    """``did`` maps a commit to the humans in it, and ``started`` a checkpoint to who started it."""

    def __init__(self) -> None:
        self.story = PipelineStory(
            policy=Policy(pipelines={"lending": dict.fromkeys(PLACES, ("approvers",))})
        )
        self.git = History()
        self.find = FindContributors(self.git, self.git, PeopleFile(PEOPLE))
        self.did: dict[str, set[str]] = {}
        self.started: dict[str, str] = {}
        self.placed: dict[str, str] = {}  # the newest commit that the host let pass by our word
        self.number = 0
        self.problems: list[str] = []

    def step(self, action: str, one: Person, other: Person) -> None:
        self.number += 1
        if action == "commit" or not self.git.line:
            self._commit(one, other if self.number % 3 == 0 else one)
        elif action in {"start", "start_old"}:
            self._start(one, self.git.line[-1 if action == "start" else 0].id)
        elif waiting := self.story.desk.waiting_checkpoints():
            self._move(action, waiting[self.number % len(waiting)], one)

    def _commit(self, author: Person, committer: Person) -> None:
        made = Commit(
            id=f"{self.number:040x}", subject="x",
            author=Author(f"{author.id}@bank.example", author.name),
            committer=Author(f"{committer.id}@bank.example", committer.name),
        )  # fmt: skip
        self.git.line.append(made)
        self.did[made.id] = {human(author.id), human(committer.id)}

    def _start(self, by: Person, commit: str) -> None:
        name, place = f"a{self.number}", PLACES[self.number % 2]
        run = msgspec.structs.replace(
            RUN, run=self.number, commit=commit, environment=place,
            started_by=(f"{by.id}@bank.example",),
        )  # fmt: skip
        self.started[checkpoint_id(CheckpointKind.APPROVAL, PROJECT, name)] = human(by.id)
        self.story.contributors = None
        self.story.seen(run, name=name)

    def _move(self, action, checkpoint, person) -> None:
        story, name = self.story, checkpoint.id.rpartition("/")[2]
        match action:
            case "approve" | "reject":
                self._decide(checkpoint, person, yes=action == "approve")
            case "taken" if checkpoint.is_to_be_told:
                yes = checkpoint.decision.approved
                state = CheckpointState.APPROVED if yes else CheckpointState.REJECTED
                story.seen(checkpoint.run, state, name, our_answer=yes)
                if yes:
                    self.placed[checkpoint.run.environment] = checkpoint.run.commit
            case "cancel":
                story.seen(checkpoint.run, CheckpointState.CANCELLED, name)
            case "elsewhere":
                story.seen(checkpoint.run, CheckpointState.APPROVED, name, closed_by="Stig")

    def _decide(self, checkpoint, person: Person, *, yes: bool) -> None:
        story = self.story
        context = Context(now=NOW, policy=story.policy, desk=story.desk)
        change = run_change(checkpoint.run, story.desk, Model(stream=PLATFORM))
        story.contributors = _at_once(self.find(change, context))
        barred = self.barred(checkpoint)
        story.say(person, yes=yes, name=checkpoint.id)
        is_decided = "CheckpointDecided" in story.derived
        if is_decided and human(person.id) in barred:
            self.problems.append(f"{person.id} decided {checkpoint.id}")
        if is_decided and not checkpoint.is_open:
            self.problems.append(f"{checkpoint.id} was decided twice")
        if not is_decided and checkpoint.is_open and human(person.id) not in barred:
            self.problems.append(f"{person.id} was refused: {story.refusal}")

    def barred(self, checkpoint) -> set[str]:
        """Who had a hand in what the run brings, by what was done, and who started it."""
        ids = [each.id for each in self.git.line]
        base = self.placed.get(checkpoint.run.environment, "")
        end = ids.index(checkpoint.run.commit)
        begin = ids.index(base) + 1 if base else 0
        commits = ids[begin : end + 1] or ids[: end + 1]  # at or behind what passed: all of it
        hands = (self.did[each] for each in commits)
        return set().union(*hands, {self.started[checkpoint.id]})


def walked(moves) -> Walk:
    walk = Walk()
    for move in moves:
        walk.step(*move)
    return walk


@settings(max_examples=EXAMPLES, deadline=None)
@given(MOVES)
def test_no_pipeline_goes_on_by_the_word_of_somebody_with_a_hand_in_it(moves):
    """And whoever has none is let through: a bar that is always down would hold for nothing."""
    assert walked(moves).problems == []


def test_walks_do_reach_decisions_refusals_and_a_second_base():
    chance, kinds, bases, placed = random.Random(7), set(), set(), 0  # noqa: S311 - a walk, not a secret
    for _ in range(40):
        moves = [(chance.choice(ACTIONS), *chance.sample(PEOPLE, 2)) for _ in range(50)]
        walk = walked(moves)
        kinds |= {type(event) for event in walk.story.events}
        placed = max(placed, len(walk.story.desk.approved))
        bases |= {
            event.contributors.base
            for event in walk.story.events
            if isinstance(event, CheckpointDecided) and event.approved
        }
    assert {CheckpointDecided, DecisionRefused} <= kinds
    assert placed == len(PLACES)
    assert len(bases) >= 3
