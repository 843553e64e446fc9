"""``people`` and ``people map``: whose the addresses are that the directory does not know."""

import re

import pytest

from bot.command import UsageError
from core.authority.mappings import how_to_map
from core.context import Context
from core.errors import RefusedError
from core.events.desk import AddressMapped
from core.policy import Policy
from core.words import PLATFORM
from tests.bot.views import words
from tests.bot.world import NOW, World
from tests.core.story import ADA, BEN, EVE, OUT


@pytest.fixture
async def world(tmp_path):
    """Ada and Ben are the platform team here."""
    made = World(tmp_path, policy=Policy(platform_team=("credit",)))
    yield made
    await made.store.close()


async def ask(world, line, person=ADA):
    return await world.bot.message(person, line, "general")


async def mappings(world):
    desk = await world.store.desk()
    return {found.address: (found.person, found.reason) for found in desk.newest_mappings()}


async def test_who_asks_first_hears_how_it_is_done(world):
    shown = words(await ask(world, "people", OUT))

    assert "No address is mapped yet" in shown
    assert "A member of credit maps it: `people map ADDRESS PERSON`" in shown


@pytest.mark.parametrize(
    ("line", "mapped"),
    [
        ("people map otto@home.example out", {"otto@home.example": ("out", "")}),
        ("/People MAP Otto@Home.Example OUT", {"Otto@Home.Example": ("out", "")}),
        (
            "people map otto@home.example out he told me so",
            {"otto@home.example": ("out", "he told me so")},
        ),
        ('people map "odd name@host" out "he told me"', {"odd name@host": ("out", "he told me")}),
        ("people map BANK\\\\otto out", {"BANK\\\\otto": ("out", "")}),
        ("people map ci@h nobody the nightly build", {"ci@h": ("", "the nightly build")}),
        ("people map ci@h NOBODY “the nightly build”", {"ci@h": ("", "the nightly build")}),
    ],
)
async def test_an_address_is_mapped_as_it_is_typed(world, line, mapped):
    card = await ask(world, line)

    assert await mappings(world) == mapped
    assert card.summary.endswith(
        "is mapped: " + ("Otto (out)" if "out" in line.casefold() else "nobody's")
    )


@pytest.mark.parametrize("address", ["x@y", r"BANK\otto", "o'neil@h", "odd name@h", 'a "b" c@h'])
async def test_what_a_refusal_says_to_type_maps_that_very_address(world, address):
    told = how_to_map(address, Context(now=NOW, policy=Policy(platform_team=("credit",))))
    line = re.findall("`(people map .*?)`", told)[0]
    await ask(world, line.replace("PERSON", "out"))

    assert await mappings(world) == {address: ("out", "")}


async def test_all_that_is_mapped_is_listed_the_newest_first(world):
    for number in range(12):
        mapped = AddressMapped(
            id=f"m{number}", time=NOW.replace(minute=number), address=f"a{number}@home.example",
            person="" if number % 2 else "out", reason="it left" if number % 2 else "", by=BEN,
        )  # fmt: skip
        await world.store.commit(PLATFORM, number, [mapped], [])
    shown = words(await ask(world, "people", EVE))

    assert "12 addresses mapped" in shown
    assert shown.index("a11@home.example: nobody's") < shown.index("a10@home.example: Otto (out)")
    assert "Ben, 2026-01-05 09:11 UTC: it left" in shown
    assert "a1@home.example" not in shown
    assert "And 2 older ones: `sluss people` lists them all." in shown


REFUSED = [
    ("people map x@y out", EVE, "in no group of the platform team"),
    ("people map x@y ada", ADA, "Nobody maps an address to themselves"),
    ("people map x@y zz", ADA, "knows nobody by 'zz'"),
    ("people map x@y nobody", ADA, "needs a reason"),
    ('people map "" out', ADA, "it is empty"),
    ('people map x@y "" why', ADA, "to a person or to nobody"),
    ("people map ben ben", ADA, "that of Ben (ben)"),
    (f"people map {'x' * 400} out", ADA, "at most 320"),
]


@pytest.mark.parametrize(("line", "person", "says"), REFUSED, ids=[says for *_, says in REFUSED])
async def test_what_may_not_be_is_refused_in_words_and_changes_nothing(world, line, person, says):
    with pytest.raises(RefusedError, match="Nothing was changed") as refused:
        await ask(world, line, person)
    assert says in str(refused.value)
    assert await mappings(world) == {}
    entries = await world.store.load(PLATFORM)
    assert sum(len(str(entry.event)) for entry in entries) < 10_000


@pytest.mark.parametrize("line", ["people map", "people map x@y"])
async def test_half_a_command_says_what_is_missing(world, line):
    with pytest.raises(UsageError, match="people map <address> <person>"):
        await ask(world, line)


async def test_the_same_line_again_replaces_and_the_ledger_has_both(world):
    await ask(world, "people map x@y out")
    await ask(world, "people map X@Y eve", BEN)
    assert await mappings(world) == {"X@Y": ("eve", "")}
    entries = await world.store.load(PLATFORM, kinds=[AddressMapped])
    assert [entry.event.person for entry in entries] == ["out", "eve"]
