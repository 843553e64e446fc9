"""``desk``: the letters that wait, and why nothing came of what belongs to no repository."""

from core.events.desk import LetterBuried, RedriveRequested
from core.events.outside import RegistryHinted
from tests.bot.views import press, titles, verdict, words
from tests.bot.world import NOW
from tests.core.story import ADA
from tests.origins import happens


async def ask(world):
    return await world.bot.message(ADA, "desk", "general")


async def test_a_clear_desk_says_so(world):
    shown = words(await ask(world))

    assert "The desk is clear" in shown
    assert "No dead letter waits" in shown
    assert "no repository" not in shown


async def test_what_waits_is_named_and_opens_its_card_for_who_asks(world):
    for number in range(12):
        about, at = f"the step {number}", NOW.replace(minute=number)
        letter = LetterBuried(
            id=f"b{number}",
            time=at,
            queue="steps",
            message=f"m{number}",
            reason="KeyError",
            about=about,
        )
        await happens(world.handle, letter)
    card = await ask(world)

    assert "12 dead letters open" in words(card)
    assert "steps, 2026-01-05 09:00 UTC: the step 0. KeyError" in words(card)
    assert "And 2 more, younger ones." in words(card)
    assert titles(card) == ["Open m0", "Open m1", "Open m2", "Open m3"]
    answer = await world.bot.click(press(card, "Open m1"))
    assert answer.is_private
    assert verdict(answer).text == "Waits since 2026-01-05 09:01 UTC to be sent again"


async def test_what_belongs_to_no_repository_is_counted_with_its_reason(world):
    await happens(world.handle, RegistryHinted(id="h", time=NOW, model="stranger", what="x"))
    wanted = RedriveRequested(id="w", time=NOW, queue="steps", message="m", by=ADA)
    await happens(world.handle, wanted)
    shown = words(await ask(world))

    assert "1 event of no repository" in shown
    assert "RegistryHinted: no repository claims a model called 'stranger'" in shown
