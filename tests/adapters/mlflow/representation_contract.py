"""What every representation of our stages in a registry must do, on a real MLflow.

A subclass brings the fixture ``shelf``: a registered model of two versions, and who shows stages.
"""

from typing import TYPE_CHECKING, Protocol

import pytest

from core.words import ReleaseId, Stage
from tests.adapters.model_registry_contract import FIRST, SECOND

if TYPE_CHECKING:
    from mlflow.entities.model_registry import RegisteredModel

    from adapters.mlflow.representation import Representation


class Shelf(Protocol):
    """``old`` and ``new`` are versions; ``writes`` counts what was written to the registry."""

    stages: "Representation"
    model: str
    old: str
    new: str
    writes: int

    def read(self) -> "RegisteredModel":
        """The model as the registry tells it now."""

    def delete(self, version: str) -> None: ...


class RepresentationContract:
    @pytest.mark.parametrize("stage", Stage)
    def test_at_first_nobody_holds_a_stage(self, shelf: Shelf, stage: Stage):
        assert shelf.stages.holder(shelf.read(), stage) == ""

    @pytest.mark.parametrize("stage", Stage)
    def test_who_was_moved_there_holds_the_stage_and_no_other(self, shelf: Shelf, stage: Stage):
        assert move(shelf, shelf.old, stage, FIRST) == ""
        held = {one: shelf.stages.holder(shelf.read(), one) for one in Stage}
        assert held == {**dict.fromkeys(Stage, ""), stage: shelf.old}

    def test_a_move_tells_who_held_the_stage_before_also_when_it_is_repeated(self, shelf: Shelf):
        move(shelf, shelf.old, Stage.QA, FIRST)
        for _ in range(2):
            assert move(shelf, shelf.new, Stage.QA, SECOND) == shelf.old
        assert shelf.stages.holder(shelf.read(), Stage.QA) == shelf.new

    def test_what_is_right_already_is_not_written_again(self, shelf: Shelf):
        move(shelf, shelf.old, Stage.PROD, FIRST)
        before = shelf.writes
        move(shelf, shelf.old, Stage.PROD, FIRST)
        assert shelf.writes == before

    def test_a_rollback_is_a_move_like_any_other(self, shelf: Shelf):
        move(shelf, shelf.old, Stage.PROD, FIRST)
        move(shelf, shelf.new, Stage.PROD, SECOND)
        assert move(shelf, shelf.old, Stage.PROD, FIRST) == shelf.new
        assert shelf.stages.holder(shelf.read(), Stage.PROD) == shelf.old

    def test_forgetting_an_earlier_holder_leaves_the_present_one(self, shelf: Shelf):
        move(shelf, shelf.old, Stage.QA, FIRST)
        move(shelf, shelf.new, Stage.QA, SECOND)
        for _ in range(2):
            shelf.stages.forget(shelf.model, shelf.old, Stage.QA)
        assert shelf.stages.holder(shelf.read(), Stage.QA) == shelf.new

    def test_a_holder_that_was_deleted_is_forgotten_without_a_word(self, shelf: Shelf):
        move(shelf, shelf.old, Stage.QA, FIRST)
        move(shelf, shelf.new, Stage.QA, SECOND)
        shelf.delete(shelf.old)
        shelf.stages.forget(shelf.model, shelf.old, Stage.QA)


def move(shelf: Shelf, version: str, stage: Stage, release: ReleaseId) -> str:
    return shelf.stages.move(shelf.read(), version, stage, release)
