"""Finds code that other repositories have too, and keeps a repository's code to compare with.

Template code is a copy on purpose, so it is cut out of a repository before the comparison: the code
of the repositories in ``DuplicateRules.templates``, and what ``sluss init`` writes, which is kept
under the name INIT_TEMPLATES. Code that a template had earlier counts as template code too, since
models that began with it still have it.

Code that many repositories share is reported all the same: many copies are the best reason to move
it to a package.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

import msgspec

from core.errors import SlussError, UnavailableError
from core.gate.check_rules import DuplicateRules
from core.gate.checks import ModelRepo
from core.gate.facts import Clone
from core.gate.sketch import Sketch
from core.ports.clone_index import CloneIndex, Elsewhere
from workers.gate.duplicates.match import Own, Stretch, stretches, without
from workers.gate.duplicates.sketch import SketchWork, digest, is_code

# This is the limit for one repository's code, about half a million lines.
MOST_BYTES: Final = 16 * 1024 * 1024
SECONDS: Final = 60.0
CPU_S: Final = 65
MEMORY_MB: Final = 2048

TOO_MUCH: Final = "it is {size:,} bytes"
TOO_LONG: Final = f"it took more than {SECONDS:g} s"
ENDED: Final = "the process that read it ended with code {code}"

log = logging.getLogger(__name__)

INIT_TEMPLATES: Final = "sluss init"  # The blank makes sure that no repository has this name.
# At most this many pairs of files are compared, those that share most first.
MOST_PAIRS: Final = 2_000
MOST_OWNERS: Final = 20  # At most this many of our files are looked at for one fingerprint.
MOST_CLONES: Final = 2_000


class NotReadError(SlussError):
    """The code of a repository was neither compared nor kept."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The code was neither compared nor kept: {why}.")


async def sketches(files: Mapping[str, bytes]) -> dict[str, Sketch]:
    """Make the sketch of each file. Raise NotReadError when they are too large or too strange."""
    if not files:
        return {}
    size = sum(map(len, files.values()))
    if size > MOST_BYTES:
        raise NotReadError(TOO_MUCH.format(size=size))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", "workers.gate.duplicates.child",  # -I: no repository's folder
        stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={}, start_new_session=True,
    )  # fmt: skip
    try:
        return await _answer(
            process, SketchWork(files=dict(files), cpu_s=CPU_S, memory_mb=MEMORY_MB)
        )
    finally:
        await _end(process)


async def _answer(process: Process, work: SketchWork) -> dict[str, Sketch]:
    try:
        async with asyncio.timeout(SECONDS):
            said, _ = await process.communicate(msgspec.msgpack.encode(work))
    except TimeoutError as error:
        raise NotReadError(TOO_LONG) from error
    if process.returncode != 0:
        raise NotReadError(ENDED.format(code=process.returncode))
    return msgspec.msgpack.decode(said, type=dict[str, Sketch])


async def _end(process: Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


async def clones(
    repo: ModelRepo, repository: str, index: CloneIndex, rules: DuplicateRules
) -> tuple[Clone, ...] | None:
    """Return the copies found, once for each other repository; None when nothing was compared.

    ``repository`` is its name in platform.yml. Of a private repository's code only the name, the
    path and the lines are told, and nothing else is kept anywhere.
    """
    if repository in rules.templates or _is_out(repo, rules):
        return None
    try:
        files = await _sketched(repo, repository, index)
        templates = [await index.files(name) for name in sorted(_templates(rules))]
        ours = await asyncio.to_thread(_without, files, templates)
        prints = {value for own in ours.values() for value in own.sketch.prints}
        found = await index.look_up(prints, besides=repository)
    except (UnavailableError, NotReadError) as error:
        log.warning("%s", error, extra={"action": "clones_not_found", "repository": repository})
        return None
    return await asyncio.to_thread(_compare, ours, found, rules)


async def learn(repo: ModelRepo, repository: str, index: CloneIndex, rules: DuplicateRules) -> None:
    """Keep the newest code of the release branch; forget a repository that opted out.

    When that fails, others are compared with what was kept before.
    """
    try:
        files = {} if _is_out(repo, rules) else await _sketched(repo, repository, index)
        if files and repository in _templates(rules):
            files = await _with_former(files, repository, index)
        await index.replace(repository, files)
    except (UnavailableError, NotReadError) as error:
        log.warning("%s", error, extra={"action": "clones_not_learned", "repository": repository})


async def prepare(
    index: CloneIndex, templates: ModelRepo, repositories: Collection[str], rules: DuplicateRules
) -> None:
    """Learn what ``sluss init`` writes, and forget repositories that are gone."""
    await learn(templates, INIT_TEMPLATES, index, rules)
    try:
        for gone in {*await index.repositories()} - {INIT_TEMPLATES, *repositories}:
            await index.replace(gone, {})
    except UnavailableError as error:
        log.warning("%s", error, extra={"action": "clones_not_forgotten"})


def _is_out(repo: ModelRepo, rules: DuplicateRules) -> bool:
    return repo.find(rules.opt_out) is not None


def _templates(rules: DuplicateRules) -> set[str]:
    return {INIT_TEMPLATES, *rules.templates}


async def _with_former(
    files: Mapping[str, Sketch], repository: str, index: CloneIndex
) -> dict[str, Sketch]:
    """Return all code that a template has or had, keyed by digest, since old paths mean nothing."""
    former = await index.files(repository)
    return {sketch.digest: sketch for code in (former, files) for sketch in code.values()}


async def _sketched(repo: ModelRepo, repository: str, index: CloneIndex) -> dict[str, Sketch]:
    """Return a sketch per file; a file that is unchanged since it was kept is not read again."""
    code = {path: data for path, data in repo.files.items() if is_code(path, data)}
    digests = await asyncio.to_thread(_digests, code)
    kept = {sketch.digest: sketch for sketch in (await index.files(repository)).values()}
    new = {path: data for path, data in code.items() if digests[path] not in kept}
    made = await sketches(new)
    return {path: made.get(path) or kept[digests[path]] for path in code}


def _digests(files: Mapping[str, bytes]) -> dict[str, str]:
    return {path: digest(path, data) for path, data in files.items()}


def _without(
    files: Mapping[str, Sketch], templates: Iterable[Mapping[str, Sketch]]
) -> dict[str, Own]:
    known = {value for code in templates for sketch in code.values() for value in sketch.prints}
    return {path: without(sketch, known) for path, sketch in files.items()}


def _compare(
    ours: Mapping[str, Own], found: list[Elsewhere], rules: DuplicateRules
) -> tuple[Clone, ...]:
    templates = _templates(rules)
    copies = [
        clone
        for path, other in _pairs(ours, found)
        for stretch in stretches(ours[path], other.sketch)
        if stretch.is_copy(rules.min_lines)
        for clone in _clones(path, ours[path].sketch, other, stretch)
        if clone.repository not in templates
    ]
    copies.sort(key=lambda clone: (clone.path, clone.first, clone.repository, clone.other_path))
    return tuple(copies[:MOST_CLONES])


def _pairs(ours: Mapping[str, Own], found: list[Elsewhere]) -> Iterable[tuple[str, Elsewhere]]:
    """Return the pairs of files that share most fingerprints, bounded against hostile pushes."""
    owners: dict[int, list[str]] = {}
    for path, own in ours.items():
        for value in own.sketch.prints:
            paths = owners.setdefault(value, [])
            if len(paths) < MOST_OWNERS:
                paths.append(path)
    shared = Counter(
        (path, place)
        for place, other in enumerate(found)
        for value in other.sketch.prints.keys() & owners.keys()
        for path in owners[value]
    )
    return ((path, found[place]) for (path, place), _ in shared.most_common(MOST_PAIRS))


def _clones(path: str, ours: Sketch, other: Elsewhere, stretch: Stretch) -> Iterator[Clone]:
    for repository, other_path in other.paths.items():
        yield Clone(
            path=path,
            first=ours.numbers[stretch.first],
            last=ours.numbers[stretch.last],
            repository=repository,
            other_path=other_path,
            other_first=other.sketch.numbers[stretch.other_first],
            other_last=other.sketch.numbers[stretch.other_last],
            has_drifted=stretch.has_drifted,
        )
