"""The whole story, as a newcomer runs it: `sluss demo --script --keep DIR`, and what it leaves."""

import asyncio
import sys
from pathlib import Path

import pytest

from adapters.sql_store import SqlStore
from core import ledger
from core.events import StagePlaced, VersionRegistered

ROOT = Path(__file__).parents[2]
SCENES = 7

pytestmark = [pytest.mark.story, pytest.mark.timeout(900)]


async def sluss(*words):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sluss", *map(str, words), cwd=ROOT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    return process.returncode, output.decode()


async def test_the_scripted_story_holds_and_leaves_a_ledger_that_verifies(tmp_path):
    code, said = await sluss("demo", "--script", "--keep", tmp_path)

    assert code == 0, said
    assert said.count("held in") == SCENES
    assert "the author is told: You may not decide about this" in said

    exported = tmp_path / "ledger.jsonl"
    code, said = await sluss("audit", "verify", exported)
    assert code == 0
    assert "The ledger verifies" in said

    await _one_version_per_release_and_one_move_per_stage(tmp_path)
    await _tampering_is_found(exported)


async def _one_version_per_release_and_one_move_per_stage(folder):
    store = SqlStore(f"sqlite:///{folder}/home/store.db")
    try:
        entries = [*await store.load("loan_default"), *await store.load("loan_rules")]
        live = (await store.releases(), await store.deliveries(), await store.claims())
        await store.rebuild()
        assert (await store.releases(), await store.deliveries(), await store.claims()) == live
        assert ledger.verify([line async for line in store.export()]).entries >= len(entries)
    finally:
        await store.close()
    events = [entry.event for entry in entries]
    moves = [(e.release, e.stage) for e in events if isinstance(e, StagePlaced)]
    versions = [(e.model, e.version) for e in events if isinstance(e, VersionRegistered)]
    assert len(moves) == len(set(moves)) == 3
    assert versions == [("loan_default", "1"), ("loan_default", "2"), ("loan_rules", "1")]


async def _tampering_is_found(exported):
    text = exported.read_text()
    exported.write_text(text.replace("Compared with the champion.", "Never looked at it.", 1))
    code, said = await sluss("audit", "verify", exported)

    assert code == 2
    assert "its data was changed" in said
