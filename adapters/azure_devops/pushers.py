"""Who brought each commit: asked of Azure DevOps in batches, and kept, as it never changes."""

import asyncio
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec
from azure.devops.v7_1.git.models import (  # type: ignore[import-untyped]
    GitQueryCommitsCriteria,
)

from adapters.azure_devops.accounts import account_of
from adapters.azure_devops.client import AzureDevOps
from adapters.azure_devops.rights import Right
from core.errors import CommitGoneError

BATCH: Final = 100  # as many as Azure DevOps returns where nothing else is said
WHAT: Final = "read who pushed to {name}"
GONE: Final = (
    "Azure DevOps does not know the commit {commit} any more, so that nobody can say who pushed "
    "it. Nothing was decided; push it again or a newer one."
)

_lines = msgspec.json.Decoder(tuple[str, str])


class Pushers:
    """``file`` is where they are kept, one line for each commit."""

    def __init__(self, azure: AzureDevOps, file: Path) -> None:
        self._azure = azure
        self._file = file

    async def of(self, repository: str, name: str, commits: Collection[str]) -> Mapping[str, str]:
        """Return the account that brought each commit first.

        Raise CommitGoneError for one that Azure DevOps does not know: who pushed it could be left
        out of those who had a hand in it.
        """
        known = await asyncio.to_thread(_read, self._file)
        unknown = [commit for commit in commits if commit not in known]
        for start in range(0, len(unknown), BATCH):
            batch = unknown[start : start + BATCH]
            found = await self._asked(repository, name, batch)
            await asyncio.to_thread(_append, self._file, found)
            known |= found
        return known

    async def _asked(self, repository: str, name: str, batch: list[str]) -> dict[str, str]:
        criteria = GitQueryCommitsCriteria(ids=batch, include_push_data=True, top=len(batch))
        found = await self._azure.ask(
            Right.CODE,
            WHAT.format(name=name),
            # get_commits(ids=) of the SDK writes a list as Python prints it, and finds nothing
            lambda sdk: sdk.git.get_commits_batch(criteria, repository, top=len(batch)),
        )
        pushers = {str(each.commit_id).lower(): _account(each) for each in found}
        for commit in batch:
            if commit not in pushers:
                raise CommitGoneError(GONE.format(commit=commit[:12]))
        return {commit: pushers[commit] for commit in batch}


def _account(commit: Any) -> str:
    return account_of(commit.push.pushed_by).name if commit.push else ""


def _read(file: Path) -> dict[str, str]:
    try:
        lines = file.read_bytes().split(b"\n")
    except FileNotFoundError:
        return {}
    return dict(_decoded(lines))


def _decoded(lines: list[bytes]) -> Iterator[tuple[str, str]]:
    """A line that was cut off, as its writer was killed, is asked for again."""
    for line in lines:
        try:
            yield _lines.decode(line)
        except msgspec.DecodeError:
            continue


def _append(file: Path, found: Mapping[str, str]) -> None:
    """Add them at once, after the end of what may have been cut off; "" may be told later.

    Where there is no room to keep them they are asked for again.
    """
    lines = b"".join(b"\n" + msgspec.json.encode(pair) for pair in found.items() if pair[1])
    with suppress(OSError), file.open("ab") as kept:
        kept.write(lines + b"\n")
