"""Measures what a new commit of a large repository costs a clone that is kept.

The repository has about 100 MB: it is made here and served by the peer of Azure DevOps on loopback.
Printed are the seconds in which the first commit is fetched on an empty home, and those for the
next ones, which change two files, by the clone that is kept since: with our look at the server
before, and without the reading of all files after it. Then the same of a server that knows no
partial clones. The next must cost at most a fifth of the first; the median counts.
"""

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any, Final

from adapters.azure_devops import AzureDevOps, AzureDevOpsSettings
from adapters.azure_devops.git_host import AzureGitHost, build_git_host
from tests.peers.azure_devops import AzureDevOpsPeer, Repository, person

LARGE: Final = 24  # files of the newest commit
LARGE_BYTES: Final = 2_500_000
PAST: Final = 16  # such files that only older commits have
SMALL: Final = 400
ROUNDS: Final = 7
MOST: Final = 0.2


def fill(repository: Repository, devops: AzureDevOpsPeer) -> str:
    """Commit large files now and in the past, and small ones of code; return the newest commit."""
    anna = devops.join(person("Anna", "anna@bank.example"))
    for number in range(PAST):
        past = {"data/past.bin": os.urandom(LARGE_BYTES)}
        repository.push(by=anna, files={**past, f"src/old_{number}.py": "x = 1\n" * 50})
    files: dict[str, bytes | str | None] = {
        f"data/{number}.bin": os.urandom(LARGE_BYTES) for number in range(LARGE)
    }
    files |= {f"src/code_{number}.py": f"x = {number}\n" * 200 for number in range(SMALL)}
    repository.push(by=anna, files={**files, "data/past.bin": None})
    return repository.head() or ""


def change(repository: Repository, devops: AzureDevOpsPeer, number: int) -> str:
    anna = devops.join(person("Anna", "anna@bank.example"))
    changed = {f"src/code_{number}.py": f"y = {number}\n", "README.md": f"# {number}\n"}
    repository.push(by=anna, files=changed)
    return repository.head() or ""


async def measure(devops: AzureDevOpsPeer, repository: Repository, home: Path) -> float:
    azure = AzureDevOps(AzureDevOpsSettings(address=devops.address, token=devops.token))
    host = build_git_host(azure, home, lambda: [repository.id], {})
    size = sum(path.stat().st_size for path in repository.path.rglob("*") if path.is_file())
    first = await _fetched(host, repository.id, repository.head() or "")
    later = [
        await _fetched(host, repository.id, change(repository, devops, number))
        for number in range(ROUNDS)
    ]
    ratio = median(later) / first
    how = "partial clones" if repository.supports_filter else "none, all of it"
    print(
        f"{how:<16} {size / 1e6:6.0f} MB  first {first:6.2f} s  "
        f"next {' '.join(f'{each:.2f}' for each in later)} s  ratio {ratio:.3f} (at most {MOST})"
    )
    await azure.close()
    return ratio


async def _fetched(host: AzureGitHost, repository: str, commit: str) -> float:
    """Read the files of a commit, and return the seconds of it that went by in fetching."""
    seconds = [0.0]
    fetch = host._fetched_from

    async def timed(*about: Any) -> Any:
        started = time.perf_counter()
        try:
            return await fetch(*about)
        finally:
            seconds.append(time.perf_counter() - started)

    host._fetched_from = timed
    await host.files(repository, commit)
    host._fetched_from = fetch
    return sum(seconds)


async def main() -> int:
    worst = 0.0
    with tempfile.TemporaryDirectory() as made:
        async with AzureDevOpsPeer(Path(made) / "devops") as devops:
            for number, supports_filter in enumerate((True, False)):
                repository = devops.project(f"lending_{number}").repository("churn")
                repository.supports_filter = supports_filter
                fill(repository, devops)
                home = Path(made) / f"home_{number}"
                worst = max(worst, await measure(devops, repository, home))
    return int(worst > MOST)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
