"""The process that makes sketches of files from stdin; the parent may kill it at any time."""

import resource
import sys

import msgspec

from workers.gate.duplicates.sketch import SketchWork, sketch


def main() -> None:
    work = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=SketchWork)
    _limit(work)
    sketches = {path: sketch(path, data) for path, data in work.files.items()}
    sys.stdout.buffer.write(msgspec.msgpack.encode(sketches))


def _limit(work: SketchWork) -> None:
    """Limit our own memory and processor time, in case the parent was killed and cannot end us."""
    size = work.memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_CPU, (work.cpu_s, work.cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
