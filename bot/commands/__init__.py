"""The commands, in the order of the help: one file is one command."""

from typing import Any

from bot.command import Command
from bot.commands.approvals import approvals
from bot.commands.base import base
from bot.commands.desk import desk
from bot.commands.financial_id import financial_id
from bot.commands.give_up import give_up
from bot.commands.help import help_
from bot.commands.model_history import model_history
from bot.commands.model_list import model_list
from bot.commands.model_status import model_status
from bot.commands.people import people
from bot.commands.people_map import people_map
from bot.commands.release import release
from bot.commands.request import request
from bot.commands.retry import retry
from bot.commands.withdraw import withdraw

COMMANDS: tuple[Command[Any], ...] = (
    model_status,
    release,
    approvals,
    request,
    retry,
    base,
    financial_id,
    withdraw,
    give_up,
    model_list,
    model_history,
    desk,
    people,
    people_map,
    help_,
)
