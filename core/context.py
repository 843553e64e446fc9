"""The world as it is when somebody decides: what a decision may know besides the state."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from core.command_line import CommandLine
from core.contributors import Contributors
from core.desk import Desk
from core.platform import Repository
from core.policy import Policy
from core.words import Stream


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """``claims`` maps a case-folded model name to its stream; ``now`` is the only clock.

    ``sluss`` is how a command is called on this machine, for what tells people to call one.
    """

    now: datetime
    policy: Policy
    claims: Mapping[str, Stream] = {}
    repository: Repository | None = None
    is_local: bool = False
    sluss: CommandLine = CommandLine()
    desk: Desk = Desk()
    contributors: Contributors | None = None  # of the release that is decided about, if counted
