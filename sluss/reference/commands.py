"""The page of the commands of the chat."""

from typing import Any, Final

from bot.command import Command
from bot.commands import COMMANDS
from sluss.reference.markdown import WRITTEN, lines, row

HEAD: Final = """\
# The commands of the chat

Type them to the bot: in the chat window as they are, in a channel of Teams with its name before
them. `help` lists them there. Upper and lower case count the same. `<this>` is needed, `[this]` may
follow; where it ends with `…` it takes all further words, and elsewhere quotes (`"`) keep several
words together. A command that asks for something changes nothing by itself: the flow rules on it as
on a button, and a refusal says why and who can.

A release is named as on its card, `loan_default-3`; a model by its name.
"""


def commands_page() -> str:
    rows = [row(f"[`{each.usage}`](#{_anchor(each)})", each.who) for each in COMMANDS]
    table = lines("| command | who may |", "|---|---|", *rows)
    return "\n".join((WRITTEN, HEAD, table, *map(_command, COMMANDS)))


def _command(known: Command[Any]) -> str:
    usage = f"Usage: `{known.usage}`. Who: {known.who}."
    return lines(
        f"## {known.name}", "", known.description, "", usage, "", "```", *known.examples, "```"
    )


def _anchor(known: Command[Any]) -> str:
    return known.name.replace(" ", "-")
