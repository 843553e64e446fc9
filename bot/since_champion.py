"""What has changed since the champion: one line for the phone, and the details behind a tap."""

from collections.abc import Callable, Iterator, Sequence

from bot import differences, metrics_table
from bot.elements import code, heading, section, text
from bot.metrics_table import Delta
from bot.view import ApprovalView
from bot.wording import clipped, count, listed, short
from core.card import Element, Section, Tone

COMMITS, FILES, LINES, NAMES = 10, 20, 20, 3
LARGEST = 3  # metrics in sight before anything is opened


def deltas(view: ApprovalView) -> tuple[Delta, ...]:
    return metrics_table.deltas(view.release, view.champion, view.policy)


def largest(view: ApprovalView) -> Iterator[Element]:
    """The changes that an approver has to see first."""
    found = deltas(view)
    if found:
        yield metrics_table.table(found[:LARGEST])
    yield text(_one_line(view))


def details(view: ApprovalView) -> Section:
    champion = view.champion
    title = f"Since the champion {champion.id}" if champion else "What is in it"
    body = (*_metrics(view), *_commits(view), *_files(view), *_configuration(view))
    return section(title, *body)


def authors(view: ApprovalView) -> tuple[str, ...]:
    """From the commits where the git host told them, else as the gate noted them."""
    found = [commit.author for commit in view.changes.commits] or view.release.authors
    return tuple(dict.fromkeys(author.name or author.email for author in found))


def _one_line(view: ApprovalView) -> str:
    names = listed(authors(view), NAMES)
    parts = [f"by {names}" if names else ""]
    if not view.changes.missing:
        commits = count(view.changes.commit_count, "commit")
        parts = [f"{commits} {parts[0]}".strip(), count(view.changes.file_count, "file")]
    champion = view.champion
    if champion is not None:
        libraries = differences.libraries(view.release, champion)
        variables = differences.variables(view.release, champion)
        parts.append(count(len(libraries), "library", "libraries"))
        parts.append(count(len(variables), "variable"))
        parts.append(differences.data(view.release, champion))
    return " · ".join(part for part in parts if part)


def _metrics(view: ApprovalView) -> Iterator[Element]:
    found = deltas(view)
    if len(found) > LARGEST:
        yield heading("All metrics", is_large=False)
        yield metrics_table.table(found)


def _commits(view: ApprovalView) -> Iterator[Element]:
    if view.changes.missing:
        yield text(view.changes.missing, Tone.WARN)
        yield text(f"Authors, as the gate noted them: {listed(authors(view), COMMITS)}")
        return
    lines = [
        f"{short(commit.id)} {clipped(commit.subject, 80)} ({commit.author.name})"
        for commit in view.changes.commits[:COMMITS]
    ]
    yield from _lines("Commits", lines, _more(view, view.changes.commit_count - len(lines)))


def _files(view: ApprovalView) -> Iterator[Element]:
    if not view.changes.missing:
        files = view.changes.files[:FILES]
        yield from _lines(
            "Changed files", files, _more(view, view.changes.file_count - len(files)), code
        )


def _configuration(view: ApprovalView) -> Iterator[Element]:
    champion = view.champion
    if champion is None:
        return
    libraries = [found.words() for found in differences.libraries(view.release, champion)]
    variables = [found.words() for found in differences.variables(view.release, champion)]
    yield from _lines("Libraries", libraries[:LINES], _more(view, len(libraries) - LINES))
    yield from _lines("Variables", variables[:LINES], _more(view, len(variables) - LINES))
    yield heading("Data", is_large=False)
    yield text(differences.data(view.release, champion).capitalize())


def _lines(
    title: str, lines: Sequence[str], more: str, shown: Callable[[str], Element] = text
) -> Iterator[Element]:
    yield heading(title, is_large=False)
    yield from map(shown, lines)
    if not lines:
        yield text("none", Tone.SUBTLE)
    if more:
        yield text(more, Tone.SUBTLE)


def _more(view: ApprovalView, count: int) -> str:
    return f"and {count} more{view.elsewhere}" if count > 0 else ""
