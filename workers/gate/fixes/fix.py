"""The three things that a fix does to a folder; none of them ever loses what somebody wrote.

``checks`` are those that ask for it.
"""

from typing import Final

import msgspec

NAMING: Final = ("naming",)


class Rename(msgspec.Struct, frozen=True):
    """Only where ``to`` is free."""

    path: str
    to: str
    checks: tuple[str, ...] = NAMING

    def describe(self) -> str:
        return f"renamed {self.path} to {self.to}"


class Rewrite(msgspec.Struct, frozen=True):
    """New names in place of old ones; only where the file still is as it was read (``old``)."""

    path: str
    old: bytes
    new: bytes
    names: tuple[str, ...]
    checks: tuple[str, ...] = NAMING

    def describe(self) -> str:
        return f"wrote {', '.join(self.names)} in {self.path}"


class Create(msgspec.Struct, frozen=True):
    """Only where nothing is; ``then`` says what somebody has to do with it."""

    path: str
    text: str
    then: str
    checks: tuple[str, ...] = ()

    def describe(self) -> str:
        return f"made {self.path}: {self.then}"


Fix = Rename | Rewrite | Create
