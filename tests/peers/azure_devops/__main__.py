"""Run the peer as its own process: ``python -m tests.peers.azure_devops FOLDER --world module:function``.

The function is given the peer and fills it: projects, repositories, people. When it listens, one line of
JSON tells address and token; the process ends when it is told to.
"""

import argparse
import importlib
import json
import signal
import sys
import threading
from pathlib import Path

from tests.peers.azure_devops.peer import AzureDevOpsPeer


def serve(peer: AzureDevOpsPeer, world: str) -> None:
    told_to_end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told_to_end.set())
    with peer as devops:
        if world:
            module, _, function = world.partition(":")
            getattr(importlib.import_module(module), function)(devops)
        told = {"address": devops.address, "token": devops.token}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        told_to_end.wait()


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.peers.azure_devops")
    parser.add_argument("folder", type=Path, help="for the repositories; made if it is not there")
    parser.add_argument("--organisation", default="Harbour")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--world", default="", help="module:function that fills it")
    given = parser.parse_args(arguments)
    serve(AzureDevOpsPeer(given.folder, given.organisation, port=given.port), given.world)


if __name__ == "__main__":
    main(sys.argv[1:])
