"""Commands on the ledger open the one that a start would; where none is, they make none."""

import asyncio
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from adapters.sql_store import SqlStore
from core.errors import LedgerBrokenError, SettingsError
from core.events.outside import BranchDeleted, DeliveryIgnored
from core.ledger import Entry, entry, to_line
from core.words import PLATFORM
from sluss.cli import app
from sluss.wiring.lock import one_process

ROOT = Path(__file__).parents[3]
NO_LEDGER = "There is no ledger at"
READING = [["audit", "export", "ledger.jsonl"], ["deliveries"]]
ALL = [*READING, ["rebuild"]]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder; commands run in its folder ``here``, and the home beside it is not made yet."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("SLUSS_HOME", str(tmp_path / "home"))
    return tmp_path


def run(*words, columns=200):
    return CliRunner().invoke(app, list(words), env={"COLUMNS": f"{columns}"})


def refusal(*words):
    result = run(*words)
    assert isinstance(result.exception, SettingsError), result.output
    return str(result.exception)


def everything(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


NOW = datetime(2026, 1, 2, tzinfo=UTC)
DELETED = BranchDeleted(
    id="ado/r1/1/refs/heads/x", time=NOW, repository="r1", branch="x", push_id=1
)


async def write(url, event=DELETED):
    """A ledger with one event."""
    store = SqlStore(url)
    await store.commit(PLATFORM, 0, [event], [])
    await store.close()


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_without_a_ledger_it_fails_and_makes_nothing(folder, words):
    assert NO_LEDGER in refusal(*words)
    assert everything(folder) == ["here"]


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_an_empty_home_stays_empty(folder, words):
    (folder / "home").mkdir()

    assert NO_LEDGER in refusal(*words)
    assert everything(folder) == ["here", "home"]


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_another_database_is_no_ledger(folder, words):
    (folder / "home").mkdir()
    with sqlite3.connect(folder / "home" / "store.db") as other:
        other.execute("CREATE TABLE loans (id TEXT)")
    other.close()

    assert NO_LEDGER in refusal(*words)
    assert everything(folder) == ["here", "home", "home/store.db"]


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_what_is_no_database_is_said_to_be_none(folder, words):
    (folder / "home").mkdir()
    (folder / "home" / "store.db").write_bytes(b"loans" * 400)

    result = run(*words)
    assert "Nothing was read" in str(result.exception)


async def test_a_ledger_is_exported_and_verifies_and_nothing_else_is_left(folder):
    (folder / "home").mkdir()
    await write(f"sqlite:///{folder}/home/store.db")
    before = everything(folder)

    assert "Written to ledger.jsonl: 1 entry." in await _in_thread(
        "audit", "export", "ledger.jsonl"
    )
    assert everything(folder) == sorted([*before, "here/ledger.jsonl"])
    assert "verifies: 1 entry of 1 stream" in await _in_thread("audit", "verify", "ledger.jsonl")
    assert "received" in await _in_thread("deliveries")
    assert "Folded: 1 event." in await _in_thread("rebuild")


async def test_a_delivery_is_shown_as_it_came_and_orders_nothing(folder):
    (folder / "home").mkdir()
    said = {"what": "[/red]git.push", "reason": "[bold]\x9b2Jnothing\u202e"}
    unread = DeliveryIgnored(id="d", time=NOW, source="azure-devops", delivery="d1", **said)
    await write(f"sqlite:///{folder}/home/store.db", unread)

    shown = await _in_thread("deliveries")
    assert f"{NOW:%Y-%m-%d %H:%M:%S UTC}" in shown
    assert "[/red]git.push" in shown
    assert "ignored: [bold]2Jnothing\n" in shown
    assert "Written to a[b].jsonl: 1 entry." in await _in_thread("audit", "export", "a[b].jsonl")


async def test_of_what_a_delivery_was_no_letter_is_cut_where_the_terminal_is_narrow(folder):
    (folder / "home").mkdir()
    said = {"what": "ms.vss-code.git-pullrequest-comment-event", "reason": "of no interest " * 9}
    unread = DeliveryIgnored(id="d", time=NOW, source="azure-devops", delivery="d1", **said)
    await write(f"sqlite:///{folder}/home/store.db", unread)

    shown = await asyncio.to_thread(run, "deliveries", columns=80)
    assert "ignored: of no" in shown.output
    assert "…" not in shown.output


async def test_the_commands_read_where_the_setting_says(folder, monkeypatch):
    await write(f"sqlite:///{folder}/elsewhere.db")
    monkeypatch.setenv("SLUSS_STORE_URL", f"sqlite:///{folder}/elsewhere.db")

    assert "Written to ledger.jsonl: 1 entry." in await _in_thread(
        "audit", "export", "ledger.jsonl"
    )
    assert not (folder / "home").exists()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE alembic_version SET version_num = '0001'",
        "INSERT INTO alembic_version VALUES ('another')",
    ],
)
async def test_a_ledger_of_another_version_is_not_touched(folder, change):
    (folder / "home").mkdir()
    await write(f"sqlite:///{folder}/home/store.db")
    with sqlite3.connect(folder / "home" / "store.db") as ledger:
        ledger.execute(change)
    ledger.close()

    assert "another version" in await _in_thread("audit", "export", "ledger.jsonl", fails=True)
    assert not (folder / "here" / "ledger.jsonl").exists()


async def test_an_export_that_breaks_off_leaves_the_one_before(folder):
    (folder / "home").mkdir()
    await write(f"sqlite:///{folder}/home/store.db")
    (folder / "here" / "ledger.jsonl").write_text("the one before")
    (folder / "here" / "gone").mkdir()
    said = await _in_thread("audit", "export", "gone/missing/ledger.jsonl", fails=True)

    assert "cannot be written" in said
    assert (folder / "here" / "ledger.jsonl").read_text() == "the one before"


async def test_the_ledger_is_read_but_not_rebuilt_while_a_server_runs_on_the_home(folder):
    (folder / "home").mkdir()
    await write(f"sqlite:///{folder}/home/store.db")
    with one_process(folder / "home"):
        assert "Written to ledger.jsonl: 1 entry." in await _in_thread(
            "audit", "export", "ledger.jsonl"
        )
        assert "Another Sluss runs" in await _in_thread("rebuild", fails=True)


def test_an_empty_file_verifies_nothing(folder):
    (folder / "here" / "ledger.jsonl").touch()

    assert "is empty. Nothing was verified" in refusal("audit", "verify", "ledger.jsonl")


async def _in_thread(*words, fails=False):
    """A command has an event loop of its own."""
    return await asyncio.to_thread(refusal if fails else _output, *words)


def _output(*words):
    result = run(*words)
    assert result.exit_code == 0, result.exception
    return result.output


@pytest.fixture
def exported(folder):
    (folder / "home").mkdir()
    asyncio.run(write(f"sqlite:///{folder}/home/store.db"))
    assert run("audit", "export", "ledger.jsonl").exit_code == 0
    return folder / "here" / "ledger.jsonl"


def test_the_first_line_says_what_cannot_be_seen_without_a_head(exported):
    first, *others = run("audit", "verify", "ledger.jsonl").output.splitlines()
    assert first.startswith("Without --head nobody can see whether lines are missing at the end")
    head = next(line for line in others if line.startswith("Head: ")).removeprefix("Head: ")
    again = run("audit", "verify", "ledger.jsonl", "--head", head.upper())
    assert (again.exit_code, again.output.split(":")[0]) == (0, "The head that was noted is in it")


def test_the_first_line_says_that_what_came_after_the_head_may_be_written_anew(exported):
    head = msgspec.json.decode(exported.read_bytes(), type=Entry).hash
    place = {"position": 2, "stream": PLATFORM, "version": 2, "previous": head}
    forged = entry(msgspec.structs.replace(DELETED, id="forged"), **place)
    exported.write_bytes(exported.read_bytes() + to_line(forged))
    result = run("audit", "verify", "ledger.jsonl", "--head", head)
    assert result.exit_code == 0
    assert "came later may be cut off or written anew" in result.output.splitlines()[0]


def test_the_first_line_says_that_the_cause_of_a_redacted_line_cannot_be_seen(exported):
    found = msgspec.json.decode(exported.read_bytes(), type=Entry)
    forged = msgspec.structs.replace(found, data="", salt="", caused_by="another")
    exported.write_bytes(to_line(forged))
    first = run("audit", "verify", "ledger.jsonl").output.splitlines()[0]
    assert "data and cause of redacted lines, are under no hash" in first


def test_each_redaction_is_told_in_letters_that_no_terminal_obeys(exported):
    found = msgspec.json.decode(exported.read_bytes(), type=Entry)
    exported.write_bytes(to_line(msgspec.structs.replace(found, data="", salt="")))
    told = run("audit", "verify", "ledger.jsonl").output
    assert "Redacted: 1 of them. What they said cannot be verified." in told
    assert "redacted: position 1, BranchDeleted, ado/r1/1/refs/heads/x" in told


@pytest.mark.parametrize(
    "data", [b"\n", b"hello", b"\x1f\x8b\x08", b"\xff" * 9, b"{}\n", b"PK\x03\x04"]
)
def test_a_file_that_is_no_export_is_refused_in_words(exported, data):
    exported.write_bytes(data)
    result = run("audit", "verify", "ledger.jsonl")
    assert isinstance(result.exception, LedgerBrokenError)


FORGED = "\\u001b[2J\\u001b]0;The ledger verifies\\u0007"


@pytest.mark.parametrize("name", ["forged.jsonl", "no \x1b[2J file", "x" * 300])
def test_an_error_is_in_words_that_no_terminal_obeys(folder, name):
    (folder / "forged.jsonl").write_text(f'{{"{FORGED}":1}}\n')
    words = [sys.executable, "-m", "sluss", "audit", "verify", str(folder / name)]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("sluss: ")
    assert "\x1b" not in ended.stderr


CELLS = [
    (
        "data = CAST(data AS BLOB)",
        "entry at position 1 of the ledger cannot be read: Expected `str`",
    ),
    ("data = CAST(X'ff00' AS TEXT)", "has a cell that is no text"),
    ("data = '{}'", "entry at position 1 of the ledger cannot be read: Object missing"),
    ("data = ''", "entry at position 1 of the ledger cannot be read: Input data was truncated"),
]


@pytest.mark.parametrize(("change", "why"), CELLS, ids=["bytes", "no text", "no event", "redacted"])
async def test_an_entry_that_cannot_be_read_is_named_and_nothing_is_changed(folder, change, why):
    (folder / "home").mkdir()
    await write(f"sqlite:///{folder}/home/store.db")
    with sqlite3.connect(folder / "home" / "store.db") as ledger:
        ledger.execute(f"UPDATE events SET {change}")  # noqa: S608 - of the table above
    ledger.close()

    result = await asyncio.to_thread(run, "rebuild")
    assert isinstance(result.exception, LedgerBrokenError)
    assert why in str(result.exception)
    assert "Nothing was changed" in str(result.exception)
    if "str" in why or "no text" in why:
        result = await asyncio.to_thread(run, "audit", "export", "ledger.jsonl")
        assert why in str(result.exception)
        assert not (folder / "here" / "ledger.jsonl").exists()


@pytest.mark.parametrize(
    ("limit", "code"), [("-3", 2), ("-1", 2), ("0", 2), ("9" * 30, 2), ("1", 0)]
)
async def test_a_list_of_deliveries_has_a_number_that_can_be(folder, limit, code):
    (folder / "home").mkdir()
    await write(f"sqlite:///{folder}/home/store.db")
    result = await asyncio.to_thread(run, "deliveries", "--limit", limit)
    assert result.exit_code == code
    assert ("Invalid value for '--limit'" in result.output) == bool(code)


def test_the_program_says_its_version():
    assert run("--version").output.startswith("sluss 0.")


@pytest.mark.parametrize(
    "words", [["status"], ["people"], ["people", "map", "a@b", "bo"], ["down"]], ids=" ".join
)
@pytest.mark.parametrize("is_named", [True, False])
def test_where_no_home_is_it_is_said_and_none_is_made(folder, words, is_named):
    named = ["--home", str(folder / "another")] if is_named else []
    where = "another" if is_named else "home"
    assert f"There is no home at {folder / where}." in refusal(*words, *named)
    assert everything(folder) == ["here"]
