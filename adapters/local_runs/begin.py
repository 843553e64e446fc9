"""Begins the process that logs a model, and then imports what the keeper of its run needs.

    python -P -s adapters/local_runs/begin.py <folder> <descriptor of the folder's lock> [logs]

MLflow takes longest to import, so that it has to begin first. This file is started by its path and
uses the standard library alone until then.
"""

import os
import subprocess
import sys
from pathlib import Path


def logging_process() -> subprocess.Popen[bytes]:
    """A process that has MLflow ready for its order; without our packages, to begin sooner."""
    return subprocess.Popen(  # noqa: S603 (our own interpreter and file)
        [sys.executable, "-P", "-s", str(Path(__file__).with_name("log_model.py"))],
        env={"PATH": os.defpath, "LANG": "C.UTF-8"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def main(path: str, lock: str, *logs: str) -> int:
    logging = logging_process() if logs else None
    from adapters.local_runs import keeper  # noqa: PLC0415 (it imports half of the product)

    return keeper.main(path, lock, logging)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
