"""Makes a large ledger fast: the flow decided every event in it, and its chain verifies.

One stream's story is told to the flow, and then written for many streams under their own names,
interleaved as teams that work side by side would have written it. Snapshots and projections are
what ``rebuild`` makes of it.

``python benchmarks/large_ledger.py FOLDER`` writes store.db there.
"""

import argparse
import asyncio
import secrets
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1]))  # This file is a program, not part of a package.

from adapters.sql_store import SqlStore
from adapters.sql_store.ledger_read import about_of
from adapters.sql_store.schema import digest
from core.events.base import Event
from core.events.codec import encode, kind
from core.gate.checks import CheckResult, Finding, Measure, Status
from core.ledger import GENESIS, chain, hash_data
from core.release.model import Model
from core.results import Checked
from core.words import Stage, Step, Stream
from tests.core.story import Story

NAME: Final = "@@"  # This stands for the stream's name until a row is written.
MODELS, EVENTS = 1000, 1_000_000
AT_ONCE: Final = 20
COLUMNS: Final = (
    "position", "stream", "version", "id", "type", "time", "caused_by", "data", "salt",
    "data_hash", "previous", "hash", "about", "id_digest",
)  # fmt: skip


class Template(Story):
    """A story whose stream gets its name only when it is written."""

    def __init__(self, stream: str = NAME) -> None:
        super().__init__()
        self.model = Model(stream=Stream(stream))

    def tell(self, event: Event) -> Story:
        name = event.id.replace("ado/r1/", f"ado/{self.model.stream}/")
        return super().tell(msgspec.structs.replace(event, id=name))

    def next_id(self, prefix: str) -> str:
        return f"{self.model.stream}/{super().next_id(prefix)}"


def gate(model: str, checks: int = 25, findings: int = 15) -> Checked:
    """Make the gate's answer on a repository of common size."""
    wrong = "the variable is blank, and nobody can tell what it should be"
    mend = "write its value into model_variables.yml, as docs/variables says"
    found = tuple(Finding("src/train.py", mend, wrong, line) for line in range(findings))
    results = tuple(
        CheckResult(
            check=f"check_{number}", title="The repository keeps its contract", owner="GBI",
            priority=4, status=Status.FOUND if number == 0 else Status.PASSED,
            findings=found if number == 0 else (), seconds=0.5,
            measures=(Measure("score", 9.5),) if number < 4 else (),  # noqa: PLR2004 - as today
        )
        for number in range(checks)
    )  # fmt: skip
    libraries = tuple(f"library_{number}==1.{number}.0" for number in range(40))
    variables = {f"VARIABLE_{number}": "value" for number in range(20)}
    return Checked(
        checks=results, model=f"{model}_model", team="credit", libraries=libraries,
        variables=variables,
    )  # fmt: skip


def tell(story: Story, events: int) -> None:
    """Tell pushes to main and to branches; every tenth release gets as far as production."""
    checked, number = gate(str(story.model.stream)), 0
    while len(story.events) < events:
        number += 1
        if number % 3 == 0:
            story.push(number, branch=f"branch_{number % 7}").finish(Step.CHECK, checked)
            continue
        story.push(number).report(*checked.checks[:10], waiting=("unit_tests",))
        for note in range(4):
            story.progress(Step.CHECK, f"does thing {note}")
        if number % 10 == 1:
            version = str(number)
            story.to_registered(version, checked).promoted(Stage.QA, version)
            story.promoted(Stage.PROD, version)
        else:
            story.to_acceptance(checked, auc=0.7 + number / 10_000)


class Row(msgspec.Struct, frozen=True):
    """An event to write for every stream; NAME stands where the stream's name will be."""

    id: str
    kind: str
    time: str
    caused_by: str
    data: str
    about: str

    def named(self, name: str) -> "Row":
        texts = (getattr(self, field).replace(NAME, name) for field in self.__struct_fields__)
        return Row(*texts)


def template(events: int) -> list[Row]:
    story = Template()
    tell(story, events)
    return [_row(event) for event in story.events[:events]]


def _row(event: Event) -> Row:
    return Row(
        id=event.id,
        kind=kind(event),
        time=event.time.isoformat(),
        caused_by=event.caused_by,
        data=encode(event).decode(),
        about=about_of(event),
    )


def rows(rows_of_one: list[Row], names: list[str]) -> Iterator[tuple[object, ...]]:
    """Yield the rows of all streams in one hash chain, some rows of each stream in turn."""
    position, previous = 0, GENESIS
    for start in range(0, len(rows_of_one), AT_ONCE):
        for name in names:
            for version, row in enumerate(rows_of_one[start : start + AT_ONCE], start + 1):
                position += 1
                found = row.named(name)
                salt = secrets.token_hex(8)
                data_hash = hash_data(salt, found.data)
                head = (name, version, found.id, found.kind, found.time)
                this = chain(previous, *head, data_hash)
                yield (
                    position, name, version, found.id, found.kind, found.time, found.caused_by,
                    found.data, salt, data_hash, previous, this, found.about, digest(found.id),
                )  # fmt: skip
                previous = this


async def make(folder: Path, *, models: int = MODELS, events: int = EVENTS) -> None:
    """Write store.db into the folder, unless it has one of this size already."""
    url, wanted = f"sqlite:///{folder}/store.db", models * (events // models)
    store = await SqlStore.open(url)
    with sqlite3.connect(folder / "store.db") as database:
        if database.execute("SELECT count(*) FROM events").fetchone()[0] != wanted:
            names = [f"model_{number:04}" for number in range(models)]
            marks = ",".join("?" * len(COLUMNS))
            insert = f"INSERT INTO events ({','.join(COLUMNS)}) VALUES ({marks})"  # noqa: S608
            started = time.perf_counter()
            database.executemany(insert, rows(template(events // models), names))
            database.commit()
            print(f"{wanted} events written in {time.perf_counter() - started:.0f} s")
            await store.rebuild()
            print(f"projections and snapshots after {time.perf_counter() - started:.0f} s")
    await store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--models", type=int, default=MODELS)
    parser.add_argument("--events", type=int, default=EVENTS)
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(make(asked.folder, models=asked.models, events=asked.events))


if __name__ == "__main__":
    main()
