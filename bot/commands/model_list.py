"""``model list``: every model that is on board, what PROD holds, and its newest release."""

from bot.command import Asker, command
from bot.elements import card, heading, table, text
from bot.lookup import all_models, name_of
from core.card import Card
from core.count import count
from core.reading import holder_of, state_of
from core.release.model import Model
from core.words import Stage

MOST = 60
NOBODY = "No repository is on board yet. `sluss add PATH --team TEAM` brings one on board."


@command("model list", "Every model, what PROD holds, and its newest release.", who="everyone")
async def model_list(_words: list[str], asker: Asker) -> Card:
    rows = [_row(model) async for model in all_models(asker.show.ports)]
    if not rows:
        how = asker.show.ports.handle.context().sluss.in_text(NOBODY)
        return card(heading("No models"), text(how))
    more = f"and {len(rows) - MOST} more" if len(rows) > MOST else ""
    return card(
        heading(count(len(rows), "model")),
        table(["model", "PROD", "newest release"], rows[:MOST]),
        text(more) if more else None,
    )


def _row(model: Model) -> list[str]:
    holder, newest = holder_of(model, Stage.PROD), model.newest()
    held = f"version {holder.version}" if holder else "-"
    state = f"{newest.id}: {state_of(model, newest)}" if newest else "none yet"
    return [name_of(model), held, state]
