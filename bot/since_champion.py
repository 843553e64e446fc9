"""What has changed since the champion: asked of the git host once, and drawn.

One line for the phone, and the details behind a tap.
"""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from bot import metrics_table
from bot.elements import code, heading, section, text
from bot.view import View
from bot.wording import clipped, listed, short
from core import reading
from core.card import Element, Section, Tone
from core.count import count
from core.errors import CommitGoneError, UnavailableError, UnknownNameError
from core.ports import Effects, GitHost
from core.release.release import Release
from core.results import Commit

COMMITS, FILES, LINES, NAMES = 10, 20, 20, 3
LARGEST = 3  # metrics in sight before anything is opened
KEPT_COMMITS, KEPT_FILES = 30, 60
SILENT = "The git host does not answer: commits and changed files are not shown. Open it later."
GONE = "The commits cannot be compared: one of them is no longer in the repository."


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What the git host says came since the champion; ``missing`` says why it is not known."""

    commits: tuple[Commit, ...] = ()
    files: tuple[str, ...] = ()
    commit_count: int = 0  # a first version may bring a whole history: only the newest are kept
    file_count: int = 0
    missing: str = ""


async def changes(
    git: GitHost, effects: Effects, release: Release, champion: Release | None
) -> Changes:
    """Commits do not change, so the first answer is kept; what could not be asked is not."""
    since = champion.commit if champion else ""
    key = f"changes/{release.repository}/{release.commit}/{since}"
    kept = await effects.find_effect(key)
    if kept is not None:
        return msgspec.json.decode(kept, type=Changes)
    try:
        found = await _ask(git, release, since)
    except UnavailableError:
        return Changes(missing=SILENT)
    except (CommitGoneError, UnknownNameError):
        return Changes(missing=GONE)
    await effects.effect(key, msgspec.json.encode(found).decode())
    return found


async def _ask(git: GitHost, release: Release, since: str) -> Changes:
    commits = await git.commits(release.repository, release.commit, since)
    files = await git.changed_files(release.repository, release.commit, since)
    return Changes(
        commits=commits[:KEPT_COMMITS],
        files=files[:KEPT_FILES],
        commit_count=len(commits),
        file_count=len(files),
    )


def largest(view: View, changes: Changes) -> Iterator[Element]:
    """The changes that an approver has to see first."""
    found = view.deltas
    if found:
        yield metrics_table.table(found[:LARGEST])
    yield text(_one_line(view, changes))


def details(view: View, changes: Changes) -> Section:
    champion = view.champion
    title = f"Since the champion {champion.id}" if champion else "What is in it"
    commits = (*_commits(view, changes), *_files(view, changes))
    body = (*_metrics(view), *commits, *_configuration(view))
    return section(title, *body)


def authors(view: View, changes: Changes) -> tuple[str, ...]:
    """Who wrote the changes: as the git host tells, else as the gate noted it."""
    found = [commit.author for commit in changes.commits] or view.release.authors
    return tuple(dict.fromkeys(author.name or author.email for author in found))


def _one_line(view: View, changes: Changes) -> str:
    names = listed(authors(view, changes), NAMES)
    parts = [f"by {names}" if names else ""]
    if not changes.missing:
        commits = count(changes.commit_count, "commit")
        parts = [f"{commits} {parts[0]}".strip(), count(changes.file_count, "file")]
    champion = view.champion
    if champion is not None:
        libraries = reading.libraries(view.release, champion)
        variables = reading.variables(view.release, champion)
        parts.append(count(len(libraries), "library", "libraries"))
        parts.append(count(len(variables), "variable"))
        parts.append(reading.data(view.release, champion))
    return " · ".join(part for part in parts if part)


def _metrics(view: View) -> Iterator[Element]:
    found = view.deltas
    if len(found) > LARGEST:
        yield heading("All metrics", is_large=False)
        yield metrics_table.table(found)


def _commits(view: View, changes: Changes) -> Iterator[Element]:
    if changes.missing:
        yield text(changes.missing, Tone.WARN)
        yield text(f"Authors, as the gate noted them: {listed(authors(view, changes), COMMITS)}")
        return
    lines = [
        f"{short(commit.id)} {clipped(commit.subject, 80)} ({commit.author.name})"
        for commit in changes.commits[:COMMITS]
    ]
    yield from _lines("Commits", lines, _more(view, changes.commit_count - len(lines)))


def _files(view: View, changes: Changes) -> Iterator[Element]:
    if not changes.missing:
        files = changes.files[:FILES]
        more = _more(view, changes.file_count - len(files))
        yield from _lines("Changed files", files, more, code)


def _configuration(view: View) -> Iterator[Element]:
    champion = view.champion
    if champion is None:
        return
    libraries = [found.words() for found in reading.libraries(view.release, champion)]
    variables = [found.words() for found in reading.variables(view.release, champion)]
    yield from _lines("Libraries", libraries[:LINES], _more(view, len(libraries) - LINES))
    yield from _lines("Variables", variables[:LINES], _more(view, len(variables) - LINES))
    yield heading("Data", is_large=False)
    yield text(reading.data(view.release, champion).capitalize())


def _lines(
    title: str, lines: Sequence[str], more: str, shown: Callable[[str], Element] = text
) -> Iterator[Element]:
    yield heading(title, is_large=False)
    yield from map(shown, lines)
    if not lines:
        yield text("none", Tone.SUBTLE)
    if more:
        yield text(more, Tone.SUBTLE)


def _more(view: View, count: int) -> str:
    return f"and {count} more{view.elsewhere}" if count > 0 else ""
