"""The port for tokens of jobs that wait for our answer; nobody reads one where it is kept."""

from datetime import datetime
from typing import Protocol

import msgspec


class JobToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token of somebody else's, which may write as a job; ``check`` is the checkpoint's name.

    ``run`` is the number of the run that came with it, 0 without one; it is believed in nothing.
    ``came`` is when it came, by the clock of who took it.
    """

    check: str
    value: str
    run: int = 0
    came: datetime

    def __repr__(self) -> str:
        return f"JobToken(check={self.check!r})"


class JobTokens(Protocol):
    async def keep(self, token: JobToken) -> None:
        """Keep it, unless the check has one: a call that is repeated takes nobody's answer away."""

    async def find(self, check: str) -> JobToken | None:
        """Return None where there is none, and where no key of ours opens it any more."""

    async def drop(self, check: str) -> None: ...
