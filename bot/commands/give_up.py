"""``give up <release> <stage>``: let go of a stage that a promotion holds and does not come to."""

from bot.click import stage_named
from bot.command import Asker, command
from bot.lookup import find_release
from core.card import Card
from core.events.people import PromotionGivenUp
from core.origin import EventOrigin


@command(
    "give up <release> <stage> [reason]",
    "Let go of a stage whose promotion has failed, is stuck, or was never decided.",
    who="members of the model's team, and of the platform team",
    examples=["give up loan_default-3 PROD", 'give up loan_default-3 PROD "the cluster is gone"'],
)
async def give_up(words: list[str], asker: Asker) -> Card:
    show, person = asker.show, asker.person
    model, found = await find_release(show.ports, words[0])
    stage, now = stage_named(words[1]), show.ports.handle.context().now
    event = PromotionGivenUp(
        id=f"give-up/{found}/{stage}/{person.id}/{now.isoformat()}", time=now,
        release=found, stage=stage, by=person, reason="".join(words[2:]),
    )  # fmt: skip
    handled = await show.ports.handle(event, EventOrigin.BOT)
    handled.raise_refusal()
    return (await show.face("release", found, model.stream)).card
