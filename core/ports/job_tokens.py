"""The port for tokens of jobs that wait for our answer; nobody reads one where it is kept."""

from typing import Protocol


class JobTokens(Protocol):
    """``check`` is the id of what waits. A token is somebody else's, and may write as a job."""

    async def keep(self, check: str, token: str) -> None:
        """Keep it, unless the check has one: a call that is repeated takes nobody's answer away."""

    async def find(self, check: str) -> str:
        """Return the token; "" where there is none, and where no key of ours opens it any more."""

    async def drop(self, check: str) -> None: ...
