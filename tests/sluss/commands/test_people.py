"""`sluss people`: who is who, and whose the addresses are that people.yml does not know."""

import asyncio

import pytest
from typer.testing import CliRunner

from adapters.sql_store import SqlStore
from core.errors import RefusedError
from core.events.derived import DecisionRefused
from core.events.desk import AddressMapped
from core.words import PLATFORM
from sluss.cli import app
from sluss.home.prepare import prepare_home

ADDRESS = "astrid@home.example"


@pytest.fixture
def home(tmp_path, monkeypatch):
    home = tmp_path / "home"
    prepare_home(home)
    monkeypatch.setenv("SLUSS_HOME", str(home))
    return home


def run(*words):
    return CliRunner().invoke(app, list(words), env={"COLUMNS": "200"})


def said(*words):
    result = run("people", *words)
    assert result.exit_code == 0, result.output
    return result.output


def refusal(*words):
    result = run("people", *words)
    assert isinstance(result.exception, RefusedError), result.output
    return str(result.exception)


def desk(home):
    return asyncio.run(read(home))


async def read(home):
    store = SqlStore(f"sqlite:///{home}/store.db")
    found = await store.desk()
    entries = await store.load(PLATFORM, kinds=[AddressMapped, DecisionRefused])
    await store.close()
    return found, [type(entry.event).__name__ for entry in entries]


def test_everybody_is_listed_and_looking_makes_no_ledger(home):
    (home / "people.yml").write_text(
        "people:\n"
        "  - {id: a, name: '[red]A', groups: [g], emails: [a@x], accounts: ['BANK\\a']}\n"
        "  - {id: b, name: B, same_as: [a], disabled: true}\n"
    )
    shown = said()

    assert "[red]A" in shown
    assert "a@x, BANK\\a, = b" in shown
    assert "disabled" in shown
    assert "No address is mapped." in shown
    assert "sluss people map ADDRESS PERSON`" in shown
    assert not (home / "store.db").exists()


def test_who_has_the_shell_maps_and_maps_anew(home):
    assert f"{ADDRESS} is mapped: Astrid Lund (astrid)" in said(
        "map", ADDRESS, "Astrid@bank.example"
    )
    assert "is mapped: nobody's" in said("map", ADDRESS.upper(), "--nobody", "the nightly build")
    said("map", "bo@home.example", "bo", "--reason", "he told us")
    shown = said()

    assert "bo@home.example: Bo Ekman (bo), says " in shown
    assert "at the command line" in shown
    assert "he told us" in shown
    assert f"{ADDRESS.upper()}: nobody's" in shown
    assert f"{ADDRESS}: Astrid" not in shown
    found, told = desk(home)
    assert told == ["AddressMapped"] * 3
    assert found.mapped(ADDRESS).person == ""


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["map", "bo@bank.example", "astrid"], "that of Bo Ekman (bo)"),
        (["map", ADDRESS, "zz"], "knows nobody by 'zz'"),
        (["map", ADDRESS, "--nobody", " "], "needs a reason"),
        (["map", ADDRESS, " "], "to a person or to nobody"),
        (["map", " ", "astrid"], "it is empty"),
        (["map", "a\x1b[2Jb", "astrid"], "cannot be shown"),
        (["map", "a\udcffb", "astrid"], "cannot be shown"),
    ],
)
def test_what_may_not_be_is_refused_in_words_and_changes_nothing(home, words, says):
    assert says in refusal(*words)
    found, told = desk(home)
    assert found.mappings == {}
    assert set(told) <= {"DecisionRefused"}


@pytest.mark.parametrize("words", [[ADDRESS], [ADDRESS, "astrid", "--nobody", "left"]])
def test_it_is_a_person_or_nobody(home, words):
    result = run("people", "map", *words)
    assert result.exit_code == 2
    assert "either PERSON, or --nobody REASON" in result.output


@pytest.mark.parametrize("before", [True, False], ids=["before map", "behind map"])
def test_the_home_that_is_named_is_the_one(home, tmp_path, before):
    other = tmp_path / "other"
    prepare_home(other)
    named = ["--home", str(other)]
    said(*(named if before else []), "map", ADDRESS, "astrid", *([] if before else named))

    assert (desk(other))[0].mapped(ADDRESS) is not None
    assert not (home / "store.db").exists()


async def test_a_server_that_runs_knows_it_at_once(home):
    server = SqlStore(f"sqlite:///{home}/store.db")
    before = await server.desk()
    assert before.mapped(ADDRESS) is None
    await asyncio.to_thread(said, "map", ADDRESS, "astrid")
    found = (await server.desk()).mapped(ADDRESS)
    await server.close()
    assert found is not None
    assert found.person == "astrid"
