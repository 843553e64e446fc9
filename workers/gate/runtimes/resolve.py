"""Asks uv the questions of a plan, one after another, and prints the answers as JSON.

It runs as a process of its own. The runtime's libraries are already on the cluster and need not be
in the index (some only the vendor builds), so uv gets an empty wheel of each.
"""

import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from core.scrub import scrub, secrets_in
from workers.gate.runtimes.plan import LibraryQuestion, Plan, UvAnswer, UvAnswers
from workers.gate.runtimes.uv_words import is_unsolved, missing, without_users

UV: Final = Path(sys.executable).parent / "uv"
OPTIONS: Final = (
    "--no-python-downloads", "--color", "never", "--no-progress", "pip", "compile", "--quiet",
    "--no-header", "--no-annotate", "--only-binary", ":all:", "--python", sys.executable,
)  # fmt: skip
# This override takes a package out, as no Python satisfies it.
NEVER: Final = " ; python_version < '0'"
FIND_LINKS: Final = "UV_FIND_LINKS"
MOST_MISSING: Final = 10
TAIL: Final = 20_000
OUT_OF_TIME: Final = "uv timed out"
WHEEL: Final = "Wheel-Version: 1.0\nGenerator: sluss\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
METADATA: Final = "Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"


class Resolver:
    def __init__(self, plan: Plan, cache: str, folder: Path) -> None:
        self._plan = plan
        self._cache = cache
        self._folder = folder
        self._ends = time.monotonic() + plan.seconds
        self._missing: list[str] = []

    def answers(self) -> UvAnswers:
        write_wheels(self._plan.brought, self._folder / "wheels")
        fits = self._until_solved(self._plan.fits)
        has_conflict = bool(fits) and is_unsolved(fits[0].said)
        ways_out = self._until_solved(self._plan.ways_out) if has_conflict else ()
        return UvAnswers(fits=fits, ways_out=ways_out, missing=tuple(self._missing))

    def _until_solved(self, questions: Iterable[LibraryQuestion]) -> tuple[UvAnswer, ...]:
        """Ask until one question is solved, or the index does not answer."""
        answers = list[UvAnswer]()
        for question in questions:
            answers.append(self._ask(question))
            if not is_unsolved(answers[-1].said):
                break
        return tuple(answers)

    def _ask(self, question: LibraryQuestion) -> UvAnswer:
        """Ask again without each package that the index lacks, so that all of them are found."""
        answer = self._run(question)
        while len(self._missing) < MOST_MISSING and (name := missing(answer.said)):
            self._missing.append(name)
            answer = self._run(question)
        return answer

    def _run(self, question: LibraryQuestion) -> UvAnswer:
        wanted = self._write("requirements.in", question.requirements)
        constraints = self._write("constraints.txt", question.constraints)
        overrides = self._write("overrides.txt", [f"{name}{NEVER}" for name in self._missing])
        try:
            ended = subprocess.run(  # noqa: S603 - our own uv; names and versions come from files
                (
                    str(UV), *OPTIONS, "--cache-dir", self._cache,
                    "--python-version", self._plan.python, "--python-platform", self._plan.platform,
                    "--constraint", constraints, "--override", overrides, wanted,
                ),
                cwd=self._folder,  # never the repository's, whose settings uv would read
                env=self._environment(),
                capture_output=True,
                check=False,
                timeout=max(1.0, self._ends - time.monotonic()),
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return UvAnswer(code=1, said=OUT_OF_TIME)
        if ended.returncode == 0:
            return UvAnswer(code=0, pins=_pins(ended.stdout.decode()))
        said = ended.stderr.decode(errors="replace")[-TAIL:]
        return UvAnswer(
            code=ended.returncode, said=scrub(without_users(said), secrets_in(os.environ))
        )

    def _environment(self) -> dict[str, str]:
        """Add our wheels to UV_FIND_LINKS and keep the folders of wheels that the bank has set."""
        folders = [str(self._folder / "wheels"), os.environ.get(FIND_LINKS, "")]
        return {**os.environ, FIND_LINKS: ",".join(filter(None, folders))}

    def _write(self, name: str, lines: Iterable[str]) -> str:
        path = self._folder / name
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return str(path)


def write_wheels(brought: Mapping[str, str], folder: Path) -> None:
    """Write a wheel for each library that holds its name and version, and nothing to install."""
    folder.mkdir()
    for name, version in brought.items():
        stem = f"{name.replace('-', '_')}-{version}"
        with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as wheel:
            metadata = METADATA.format(name=name, version=version)
            wheel.writestr(f"{stem}.dist-info/METADATA", metadata)
            wheel.writestr(f"{stem}.dist-info/WHEEL", WHEEL)
            wheel.writestr(f"{stem}.dist-info/RECORD", "")


def _pins(text: str) -> dict[str, str]:
    lines = (line.partition(" ")[0].partition("==") for line in text.splitlines())
    return {name.partition("[")[0]: version for name, sign, version in lines if sign}


def main(plan: Path, cache: str) -> None:
    asked = msgspec.json.decode(plan.read_bytes(), type=Plan)
    with tempfile.TemporaryDirectory() as folder:
        answers = Resolver(asked, cache, Path(folder)).answers()
    sys.stdout.buffer.write(msgspec.json.encode(answers))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
