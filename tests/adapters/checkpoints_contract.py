"""What every kind of checkpoint must do: a suite that runs on each implementation of the port.

A subclass gives the fixture ``world``: a run at the host that waits, and a way to end it there.
"""

from typing import Protocol

import msgspec
import pytest

from core.checkpoint import CheckpointState
from core.errors import GoneError, UnavailableError
from core.ports.checkpoints import Checkpoints
from tests.adapters.azure_devops.approvals_world import decision
from tests.peers.azure_devops import faults


class CheckpointsWorld(Protocol):
    checkpoints: Checkpoints
    writes_to: tuple[str, str]  # the method and a part of the path of what is said at the host

    def waiting(self) -> str:
        """Start a run that waits, and return the name of what it waits for."""

    def cancel(self, checkpoint: str) -> None:
        """Cancel its run at the host."""

    def writes(self) -> int: ...


class CheckpointsContract:
    @pytest.mark.parametrize("approved", [True, False])
    async def test_an_answer_is_said_once_however_often_it_is_asked_for(self, world, approved):
        shown = await world.checkpoints.look(world.waiting())
        assert (shown.state, shown.our_answer) == (CheckpointState.PENDING, None)
        said = decision(approved=approved)
        seen = [await world.checkpoints.answer(shown, said) for _ in range(3)]
        state = CheckpointState.APPROVED if approved else CheckpointState.REJECTED
        assert {(each.our_answer, each.state) for each in seen} == {(approved, state)}
        assert world.writes() == 1

    async def test_what_was_said_is_there_to_be_read(self, world):
        name = world.waiting()
        said = await world.checkpoints.answer(await world.checkpoints.look(name), decision())
        assert await world.checkpoints.look(name) == said

    @pytest.mark.parametrize("change", [{"commit": "c" * 40}, {"environment": "x"}, {"run": 1}])
    async def test_nothing_is_said_about_something_else_than_was_shown(self, world, change):
        shown = await world.checkpoints.look(world.waiting())
        other = msgspec.structs.replace(shown, run=msgspec.structs.replace(shown.run, **change))
        assert await world.checkpoints.answer(other, decision()) == shown
        assert world.writes() == 0

    async def test_nothing_is_said_to_a_run_that_was_cancelled(self, world):
        shown = await world.checkpoints.look(world.waiting())
        world.cancel(shown.id)
        seen = await world.checkpoints.answer(shown, decision())
        assert (seen.state, seen.our_answer) == (CheckpointState.CANCELLED, None)
        assert world.writes() == 0

    async def test_what_was_said_though_the_answer_was_lost_is_said_no_more(self, world):
        shown = await world.checkpoints.look(world.waiting())
        world.devops.faults.on(*world.writes_to, faults.dropped_after())
        with pytest.raises(UnavailableError):
            await world.checkpoints.answer(shown, decision())
        assert (await world.checkpoints.answer(shown, decision())).our_answer is True
        assert world.writes() == 1

    async def test_what_the_host_does_not_have_is_gone(self, world):
        name = world.waiting()
        with pytest.raises(GoneError):
            await world.checkpoints.look(f"{name[:-4]}beef")
