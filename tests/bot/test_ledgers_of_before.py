"""A ledger that the first version wrote gives the same answers as it gave then.

tests/payloads/ledgers holds exports of the first version, and beside each what it said then about
holders, champion, who is barred from approving, and the words of every card.
"""

import json
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

import adapters.sql_store
from core.authority.four_eyes import excluded
from core.errors import SlussError
from core.ledger import Entry
from core.verify import verify
from tests.bot.world import LOAN, World

LEDGERS = Path(__file__).parents[1] / "payloads" / "ledgers"
NAMES = sorted(path.stem for path in LEDGERS.glob("*.jsonl"))
MIGRATIONS = Path(adapters.sql_store.__file__).parent / "migrations"


def first_version(folder: Path, lines: list[bytes]) -> None:
    """The database as the first version left it: its tables, and the ledger's rows in them."""
    engine = sa.create_engine(f"sqlite:///{folder / 'store.db'}")
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        columns = ", ".join(Entry.__struct_fields__)
        values = ", ".join(f":{name}" for name in Entry.__struct_fields__)
        rows = [msgspec.json.decode(line) for line in lines]
        insert = f"INSERT INTO events ({columns}) VALUES ({values})"  # noqa: S608 - our own names
        connection.execute(sa.text(insert), rows)
        claim = {"name": "loan_default", "stream": "loan"}
        connection.execute(sa.text("INSERT INTO claims VALUES (:name, :stream)"), claim)
    engine.dispose()


@pytest.fixture(params=NAMES)
async def before(request, tmp_path):
    lines = (LEDGERS / f"{request.param}.jsonl").read_bytes().splitlines(keepends=True)
    first_version(tmp_path, lines)
    world = World(tmp_path)
    yield world, json.loads((LEDGERS / f"{request.param}.json").read_text()), lines
    await world.store.close()


async def test_holders_champion_and_states_are_the_same(before):
    world, then, _ = before
    model = await world.handle.model(LOAN)

    holders = {stage: known_then(now) for stage, now in plain(model.holders).items()}
    assert holders == then["holders"]
    assert (model.champion.id if model.champion else "") == then["champion"]
    assert {key: str(release.state) for key, release in model.releases.items()} == then["states"]


async def test_whoever_was_barred_still_is(before):
    """Ada was named as the requester of each release when the answers were written down."""
    world, then, _ = before
    model = await world.handle.model(LOAN)

    for key, release in model.releases.items():
        assert excluded(release, None).keys() | {"ada"} >= then["barred"][key].keys(), key


async def test_every_card_says_the_same(before):
    world, then, _ = before

    changed = {}
    for key, card in then["cards"].items():
        kind, _, subject = key.partition("/")
        now = await shown(world, kind, subject)
        if now != card:
            changed[key] = (card, now)
    assert changed == {}


def known_then(holder):
    """Without what is noted of a holder since."""
    return {name: value for name, value in holder.items() if name != "outside"}


def plain(value):
    return json.loads(msgspec.json.encode(value, enc_hook=str))


async def shown(world: World, kind: str, subject: str):
    try:
        return plain((await world.show.face(kind, subject, LOAN)).card)
    except SlussError as error:
        return str(error)


async def test_the_exported_ledger_is_the_same_to_the_letter(before):
    world, _, lines = before

    exported = [line async for line in world.store.export()]
    assert exported == lines
    assert verify(exported).entries == len(lines)
