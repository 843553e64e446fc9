"""``give up <release> <stage>``: let go of a stage that a promotion holds and does not come to."""

from bot.click import stage_named
from bot.command import Asker, command
from bot.lookup import find_release
from core.card import Card
from core.events.people import PromotionGivenUp


@command(
    "give up <release> <stage> [reason …]",
    "Let go of a stage whose promotion has failed, is stuck, or was never decided.",
    who="members of the model's team, and of the platform team",
    examples=["give up loan_default-3 PROD", "give up loan_default-3 PROD the cluster is gone"],
)
async def give_up(words: list[str], asker: Asker) -> Card:
    ports, person = asker.show.ports, asker.person
    model, found = await find_release(ports, words[0])
    stage, now = stage_named(words[1]), ports.handle.context().now
    event = PromotionGivenUp(
        id=f"give-up/{found}/{stage}/{person.id}/{now.isoformat()}", time=now,
        release=found, stage=stage, by=person, reason="".join(words[2:]),
    )  # fmt: skip
    await asker.wants(event)
    return (await asker.show.face("release", found, model.stream)).card
