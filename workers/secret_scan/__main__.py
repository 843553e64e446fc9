"""The process that scans: a task comes in on stdin, a report without a secret goes out.

``python -m workers.secret_scan accept <path> <fingerprint>`` accepts a false alarm instead, and
``<commit>:<path>`` one of the history.
"""

import sys
from pathlib import Path
from typing import Final

import msgspec

from core.rules import SecretRules
from workers.secret_scan.accept import accept
from workers.secret_scan.report import Task
from workers.secret_scan.scan import scan

USAGE: Final = "usage: python -m workers.secret_scan accept <path> <fingerprint> [<baseline file>]"
ACCEPTED: Final = "accepted in {file}: commit it, and say in the commit why it is no secret"


def main(words: list[str]) -> int:
    match words:
        case ["scan"]:
            task = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Task)
            sys.stdout.buffer.write(msgspec.json.encode(scan(Path.cwd(), task)))
            return 0
        case ["accept", where, wanted]:
            return _accept(where, wanted, SecretRules().baseline)
        case ["accept", where, wanted, file]:
            return _accept(where, wanted, file)
    sys.stderr.write(f"{USAGE}\n")
    return 2


def _accept(where: str, wanted: str, file: str) -> int:
    problem = accept(Path(file), where, wanted)
    sys.stderr.write(f"{problem or ACCEPTED.format(file=file)}\n")
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
