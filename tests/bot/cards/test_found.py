"""The platform team reads of repositories that platform.yml lacks, with the lines for it."""

import pytest
from msgspec import structs

from core.errors import UnknownNameError
from core.events.desk import RepositoriesFound, StrangeRepository
from core.origin import EventOrigin
from core.words import PLATFORM
from sluss.home.settings import parse_platform
from tests.bot.views import words
from tests.bot.world import NOW, World


def strange(number, name="fraud-score"):
    return StrangeRepository(
        id=f"5febef5a-833d-4e14-b9c0-{number:012}", name=f"{name}{number}", project="risk",
        default_branch="trunk",
    )  # fmt: skip


@pytest.fixture
async def world(tmp_path):
    made = World(tmp_path, {"platform": "gbi room", "*": "general"})
    yield made
    await made.store.close()


async def told(world, *repositories, more=0):
    event = RepositoriesFound(id="found/1", time=NOW, repositories=repositories, more=more)
    await world.handle(event, EventOrigin.WORKER)
    return (await world.show_cards()).the("")


async def test_each_is_named_with_lines_that_platform_yml_takes(world):
    card = await told(world, strange(1), strange(2, "Kredit-Scoring (alt) "))
    [lines] = [part.text for part in card.body if getattr(part, "is_monospace", False)]

    assert world.room.conversations() == ["gbi room"]
    assert "2 repositories that platform.yml does not have" in words(card)
    shown = "\n".join(line.strip() for line in lines.splitlines())  # a chat drops leading spaces
    platform = parse_platform(f"repositories:\n{shown}\n")
    assert [(each.id, each.name, each.release_branch) for each in platform.repositories] == [
        (strange(1).id, "fraud_score1", "trunk"),
        (strange(2).id, "Kredit_Scoring__alt__2", "trunk"),
    ]


async def test_a_branch_may_be_called_what_yaml_would_not_take_for_a_name(world):
    odd = "{a},#b: c"
    card = await told(world, structs.replace(strange(1), default_branch=odd))
    [lines] = [part.text for part in card.body if getattr(part, "is_monospace", False)]

    [entry] = parse_platform(f"repositories:\n{lines}\n").repositories
    assert entry.release_branch == odd


async def test_of_many_the_first_are_shown_and_the_others_counted(world):
    card = await told(world, *(strange(number) for number in range(40)), more=60)
    assert "100 repositories" in card.summary
    assert "And 85 more." in words(card)


async def test_there_is_no_card_of_what_never_was(world):
    with pytest.raises(UnknownNameError):
        await world.show.face("found", "found/9", PLATFORM)
