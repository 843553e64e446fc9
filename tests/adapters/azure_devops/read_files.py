"""A process of its own that reads a commit: ``address home repository commit``.

It prints the files as JSON, each with the length of its content.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

from adapters.azure_devops import AzureDevOps, AzureDevOpsSettings
from adapters.azure_devops.git_host import build_git_host


async def main(address: str, home: str, repository: str, commit: str) -> None:
    azure = AzureDevOps(AzureDevOpsSettings(address=address, token=os.environ["TOKEN"]))
    host = build_git_host(azure, Path(home), lambda: [repository], os.environ)
    read = await host.files(repository, commit)
    print(json.dumps({path: len(data) for path, data in read.files.items()}))  # noqa: T201
    await azure.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
