"""Measures the scrubber of logs on ordinary and on hostile output, in MB of input a second.

``python benchmarks/scrub.py --against <commit>`` measures that commit's scrubber beside it, in one
run; for that a sixteenth of the text is enough, as its time grew with the square.
"""

import argparse
import base64
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # This file is a program, not part of a package.

from core.scrub import Scrubber

ROOT = Path(__file__).parents[1]
AIM_ORDINARY, AIM = 20.0, 8.0
SIZE = 1 << 20
BLOCK = 1 << 16
RANDOM = random.Random(1)  # noqa: S311 (the same text each time)
MANY = [f"{RANDOM.getrandbits(160):040x}" for _ in range(3000)]
KNOWN = {"none": (), "two": ("swordfish", "hunter2-hunter2"), "3,000": tuple(MANY)}


def ordinary() -> bytes:
    line = (
        "2026-11-30 08:1{a}:22,{b:03} INFO train: epoch {b} loss=0.{c:04} auc=0.81 in "
        "src/train.py, see https://models.example/runs/{c}\n"
    )
    lines = (line.format(a=n % 10, b=n % 1000, c=n * 7 % 9999) for n in range(8000))
    return "".join(lines).encode()


def texts() -> dict[str, bytes]:
    """Return the texts, most of which one piece makes that is tried again and again in vain."""
    pieces = {
        "one letter": b"a",
        "names": b"token",
        "names with signs": b"password = ",
        "short values": b"secret=abcde ",
        "open quotes": b"token='",
        "spaces": b"secret" + b" " * 20,
        "addresses": b"://a:b@",
        "endless addresses": b"://" + b"a" * 8000 + b"\n",
        "headers": b"Authorization: a\n",
        "half tokens": b"dapi" + b"0" * 31,
        "half JWTs": b"eyJ" + b"a" * 5000 + b" ",
        "Azure's keys": b"JQQJ99" + b"a" * 20,
        "signatures": b"?sig=aaaaaaaa ",
        "keys that begin": b"-----BEGIN PRIVATE KEY-----\n",
        "dashes": b"-----BEGIN ",
        "NUL bytes": b"\0",
        "no UTF-8": b"\xff\xfe\xc3",
        "new lines": b"\n",
        "the known": " ".join(MANY).encode(),
        "nearly the known": " ".join(secret[:-1] for secret in MANY).encode(),
    }
    walls = {name: (piece * (SIZE // len(piece) + 1))[:SIZE] for name, piece in pieces.items()}
    walls["base64"] = base64.b64encode(RANDOM.randbytes(SIZE))[:SIZE]
    walls["random bytes"] = RANDOM.randbytes(SIZE)
    walls["all of these"] = b"".join(
        wall[at : at + 600] for at in range(0, 60000, 600) for wall in walls.values()
    )
    return {"ordinary": ordinary(), **walls}


def in_lines(text: bytes, length: int) -> bytes:
    return b"\n".join(text[at : at + length] for at in range(0, len(text), length))


SHAPES: dict[str, Callable[[bytes], bytes]] = {
    "as it is": bytes,
    "lines of 100": lambda text: in_lines(text, 100),
    "lines of 64 KB": lambda text: in_lines(text.replace(b"\n", b" "), 1 << 16),
}


def speed(make: Callable[[Iterable[str]], Any], secrets: Iterable[str], text: bytes) -> float:
    """Return the best of three in MB/s: others use this machine too."""
    best = 0.0
    for _ in range(3):
        scrubber = make(secrets)
        began = time.process_time()
        for at in range(0, len(text), BLOCK):
            scrubber.feed(text[at : at + BLOCK])
        scrubber.finish()
        best = max(best, len(text) / (time.process_time() - began) / 1e6)
    return best


def old(commit: str) -> Any:
    source = subprocess.run(  # noqa: S603 (a commit of this repository)
        ["git", "show", f"{commit}:adapters/local_runs/scrub.py"],  # noqa: S607
        cwd=ROOT, capture_output=True, check=True, text=True,
    )  # fmt: skip
    module = ModuleType("old_scrub")
    exec(source.stdout, module.__dict__)  # noqa: S102 (our own file)
    return module.Scrubber


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--against", help="a commit whose scrubber is measured as well")
    chosen = words.parse_args()
    before = old(chosen.against) if chosen.against else None
    slow = list[str]()
    for known, secrets in KNOWN.items():
        for name, text in texts().items():
            for shape, cut in SHAPES.items():
                now = speed(Scrubber, secrets, cut(text))
                row = f"known: {known:6} {name:18} {shape:15} {now:7.1f} MB/s"
                if before and known != "3,000":
                    was = speed(before, secrets, cut(text)[: SIZE // 16])
                    row += f"   was {was:7.3f}, {now / was:9.1f} times"
                print(row, flush=True)
                if now < (AIM_ORDINARY if name == "ordinary" else AIM):
                    slow.append(row)
    print("\nbelow the aim:", *slow or ["none"], sep="\n")


if __name__ == "__main__":
    main()
