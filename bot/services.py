"""What a command works with: who asks, the state of things, and the commands there are."""

from collections.abc import Sequence
from typing import Any

import msgspec

from bot.command import Command
from bot.show import Show
from core.people import Person


class Services(msgspec.Struct, frozen=True, kw_only=True):
    person: Person
    show: Show
    commands: Sequence[Command[Any]]
