"""The scripted story holds, and what is left of it is what an outsider finds in file and registry."""

import sqlite3
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from adapters.sql_store import SqlStore
from core.events.derived import StagePlaced
from core.words import Stage, Stream
from sluss.commands.ledger import rebuild
from tests.story.up import end_everything, made_home

pytestmark = [pytest.mark.story, pytest.mark.timeout(1500)]

ROOT = Path(__file__).parents[2]
SCENES = 7
PROJECTIONS = ("claims", "releases", "deliveries")
MLFLOW_S_OWN = pytest.mark.filterwarnings("ignore::DeprecationWarning")
COMMENT = "Compared with the champion."


@pytest.fixture(scope="module")
def told(tmp_path_factory, environments):
    """The finished demo; ``said`` is what it printed, and ``home`` what it kept."""
    folder = tmp_path_factory.mktemp("told")
    home = made_home(folder / "home", environments)
    try:
        code, said = sluss("demo", "--script", "--keep", folder)
    finally:
        end_everything(home)
    assert code == 0, said
    return SimpleNamespace(folder=folder, home=home, ledger=folder / "ledger.jsonl", said=said)


@pytest.fixture(scope="module")
def mlflow(told, _configured):
    """MLflow's own client on the database that the demo's server left."""
    from mlflow import MlflowClient  # noqa: PLC0415 - it takes seconds, and warns

    uri = f"sqlite:///{told.home / 'mlflow' / 'mlflow.db'}"
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def sluss(*words):
    ended = subprocess.run(
        [sys.executable, "-m", "sluss", *map(str, words)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    return ended.returncode, ended.stdout


def test_every_scene_holds(told):
    assert told.said.count("held in") == SCENES
    assert "the author is told: You may not decide about this" in told.said


def test_the_exported_ledger_verifies(told):
    code, said = sluss("audit", "verify", told.ledger)
    assert (code, "The ledger verifies" in said) == (0, True), said


def test_a_changed_comment_is_found_in_the_export(told):
    text = told.ledger.read_text()
    assert COMMENT in text
    tampered = told.folder / "tampered.jsonl"
    tampered.write_text(text.replace(COMMENT, "Never looked at it.", 1))

    code, said = sluss("audit", "verify", tampered)
    assert (code, "its data and its salt do not give their hash" in said) == (2, True), said


async def test_each_stage_was_moved_once(told):
    store = SqlStore(f"sqlite:///{told.home / 'store.db'}")
    try:
        streams = [await store.load(Stream(name)) for name in ("loan_default", "loan_rules")]
    finally:
        await store.close()
    events = [entry.event for stream in streams for entry in stream]
    assert [(e.release, e.stage) for e in events if isinstance(e, StagePlaced)] == [
        ("loan_default-2", Stage.QA),
        ("loan_default-2", Stage.PROD),
        ("loan_rules-1", Stage.QA),
    ]


@MLFLOW_S_OWN
def test_mlflow_has_one_version_for_each_accepted_release(mlflow):
    found = mlflow.search_model_versions()
    assert sorted(
        (version.name, str(version.version), version.tags["sluss.release"]) for version in found
    ) == [
        ("loan_default", "1", "loan_default-2"),
        ("loan_default", "2", "loan_default-4"),
        ("loan_rules", "1", "loan_rules-1"),
    ]


@MLFLOW_S_OWN
@pytest.mark.parametrize(
    ("model", "aliases"),
    [
        ("loan_default", {"qa": "1", "prod": "1", "champion": "1"}),
        ("loan_rules", {"qa": "1"}),
    ],
)
def test_mlflow_s_aliases_are_where_the_story_says(mlflow, model, aliases):
    found = mlflow.get_registered_model(model).aliases
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
