"""The process that scans: a task comes in on stdin, a report without a secret goes out."""

import sys
from pathlib import Path

import msgspec

from workers.gate.secret_scan.report import ScanTask
from workers.gate.secret_scan.scan import scan

if __name__ == "__main__":
    asked = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=ScanTask)
    sys.stdout.buffer.write(msgspec.json.encode(scan(Path.cwd(), asked)))
