"""The scripted story holds, and what is left of it is what an outsider finds in file and registry."""

import asyncio
import io
import sqlite3

import pytest
from rich.console import Console

from adapters.mlflow_command import free_port
from core import ledger
from core.errors import LedgerBrokenError
from sluss.commands.audit import export_file
from sluss.commands.rebuild import rebuild
from sluss.demo.script import Story
from sluss.lock import one_process
from sluss.server import Server
from sluss.settings import from_environment
from tests.story.up import end_everything, made_home

pytestmark = [pytest.mark.story, pytest.mark.timeout(600)]

SCENES = 7
PROJECTIONS = ("claims", "releases", "deliveries")


class Told:
    """``said`` is what the story printed; MLflow still runs."""

    def __init__(self, home, folder, said):
        self.home = home
        self.folder = folder
        self.said = said


@pytest.fixture(scope="module")
def told(tmp_path_factory, environments):
    folder = tmp_path_factory.mktemp("told")
    home = made_home(folder / "home", environments)
    said = io.StringIO()
    console = Console(file=said, width=200)
    try:
        asyncio.run(_tell(home, folder, console))
        yield Told(home, folder, said.getvalue())
    finally:
        end_everything(home)


async def _tell(home, folder, console):
    settings = from_environment(home, port=free_port())
    with one_process(home):
        async with Server(settings) as server:
            await server.until(Story(settings, server, folder, console).tell())


def test_every_scene_holds(told):
    assert told.said.count("held in") == SCENES
    assert "the author is told: You may not decide about this" in told.said


def test_the_exported_ledger_verifies(told):
    exported = told.folder / "exported.jsonl"
    entries = export_file(told.home, exported)
    with exported.open("rb") as lines:
        assert ledger.verify(lines).entries == entries


def test_a_changed_comment_is_found_in_the_export(told):
    exported = told.folder / "tampered.jsonl"
    export_file(told.home, exported)
    text = exported.read_text()
    assert "Compared with the champion." in text
    exported.write_text(text.replace("Compared with the champion.", "Never looked at it.", 1))
    with pytest.raises(LedgerBrokenError), exported.open("rb") as lines:
        ledger.verify(lines)


def test_mlflow_has_one_version_for_each_accepted_release(told, ask_mlflow):
    found = ask_mlflow(told.home).search_model_versions()
    assert sorted(
        (version.name, str(version.version), version.tags["sluss.release"]) for version in found
    ) == [
        ("loan_default", "1", "loan_default-2"),
        ("loan_default", "2", "loan_default-4"),
        ("loan_rules", "1", "loan_rules-1"),
    ]


@pytest.mark.parametrize(
    ("model", "aliases"),
    [
        ("loan_default", {"qa": "1", "prod": "1", "champion": "1"}),
        ("loan_rules", {"qa": "1"}),
    ],
)
def test_mlflow_s_aliases_are_where_the_story_says(told, ask_mlflow, model, aliases):
    found = ask_mlflow(told.home).get_registered_model(model).aliases
    assert {alias: str(version) for alias, version in found.items()} == aliases


def test_a_rebuild_equals_the_live_projections(told):
    live = projections(told.home)
    assert all(live.values())
    assert rebuild(told.home) > 0
    assert projections(told.home) == live


def projections(home):
    connection = sqlite3.connect(home / "store.db")
    try:
        return {
            table: sorted(connection.execute(f"SELECT * FROM {table}"))  # noqa: S608
            for table in PROJECTIONS
        }
    finally:
        connection.close()
