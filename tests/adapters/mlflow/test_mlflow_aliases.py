"""Stages as aliases and tags keep the contract, and what a person may do to them by hand is seen."""

from typing import Any

import pytest

from core.words import Stage
from tests.adapters.mlflow.representation_contract import RepresentationContract, move
from tests.adapters.mlflow.workbench import SHARED_STORE, MlflowBench
from tests.adapters.model_registry_contract import FIRST, SECOND


class CountingClient:
    """MLflow's own client; it counts what is written."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.writes = 0

    def __getattr__(self, name: str) -> Any:
        self.writes += name.startswith(("set_", "delete_"))
        return getattr(self._client, name)


class MlflowShelf:
    def __init__(self, bench: MlflowBench) -> None:
        from adapters.mlflow.representation.aliases import Aliases  # noqa: PLC0415

        self.client = bench.client
        self._counting = CountingClient(bench.client)
        self.stages = Aliases(self._counting)
        self.model = bench.model()
        self.client.create_registered_model(self.model)
        self.old, self.new = (self._version() for _ in range(2))

    @property
    def writes(self) -> int:
        return self._counting.writes

    def read(self):
        return self.client.get_registered_model(self.model)

    def delete(self, version: str) -> None:
        self.client.delete_model_version(self.model, version)

    def _version(self) -> str:
        return str(self.client.create_model_version(self.model, SHARED_STORE).version)


@pytest.fixture
def shelf(bench: MlflowBench) -> MlflowShelf:
    return MlflowShelf(bench)


class TestAliases(RepresentationContract):
    """The whole contract."""


def test_production_shows_as_aliases_and_tag(shelf):
    move(shelf, shelf.old, Stage.PROD, FIRST)
    found = shelf.client.get_model_version(shelf.model, shelf.old)
    assert sorted(found.aliases) == ["champion", "prod"]
    assert found.tags["sluss.stage.PROD"] == FIRST


def test_the_earlier_holder_loses_its_tag_and_stays_known(shelf):
    move(shelf, shelf.old, Stage.QA, FIRST)
    move(shelf, shelf.new, Stage.QA, SECOND)
    shelf.stages.forget(shelf.model, shelf.old, Stage.QA)
    assert "sluss.stage.QA" not in shelf.client.get_model_version(shelf.model, shelf.old).tags
    assert shelf.client.get_registered_model(shelf.model).tags["sluss.previous.QA"] == shelf.old


@pytest.mark.parametrize("alias", ["prod", "champion"])
def test_an_alias_moved_by_hand_is_seen(shelf, alias: str):
    move(shelf, shelf.old, Stage.PROD, FIRST)
    shelf.client.set_registered_model_alias(shelf.model, alias, shelf.new)
    assert shelf.stages.holder(shelf.read(), Stage.PROD) == shelf.new
    assert move(shelf, shelf.old, Stage.PROD, FIRST) == shelf.new


def test_an_alias_removed_by_hand_is_seen(shelf):
    move(shelf, shelf.old, Stage.PROD, FIRST)
    shelf.client.delete_registered_model_alias(shelf.model, "champion")
    assert shelf.stages.holder(shelf.read(), Stage.PROD) == ""


def test_a_placement_that_was_cut_off_is_completed(shelf):
    """As if killed after the first alias: the earlier holder is noted, the rest is missing."""
    move(shelf, shelf.old, Stage.PROD, FIRST)
    shelf.client.set_registered_model_tag(shelf.model, "sluss.previous.PROD", shelf.old)
    shelf.client.set_registered_model_alias(shelf.model, "prod", shelf.new)
    assert move(shelf, shelf.new, Stage.PROD, SECOND) == shelf.old
    assert sorted(shelf.client.get_model_version(shelf.model, shelf.new).aliases) == [
        "champion",
        "prod",
    ]
