"""What pylint or ruff said, as findings and notes: errors first, no more than people read."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from core.gate.checks import Finding, Found, ModelRepo, Note
from core.gate.layout import Layout
from workers.gate.linting.messages import SYNTAX_ERROR, mend_of, wrong_of
from workers.gate.linting.profile import Lint
from workers.gate.linting.repo_settings import RepoSettings
from workers.gate.linting.sources import left_out, sources

MOST: Final = 50
MOST_NAMED: Final = 10
MOST_LINES: Final = 20

TOO_LOW: Final = "pylint gives the code {score:g} of 10, and {profile} asks for {wanted:g}"
BEGIN_HERE: Final = "begin with this file, which has {count} of {total} messages"
MORE: Final = "{count} more messages are not shown: {kinds}."
UNREADABLE: Final = (
    "{path} could not be read as pylint settings, so nothing of it counts: keep it below 64 KB, in "
    "UTF-8, and in the form that pylint documents."
)
IGNORED: Final = (
    "{path}: only enable, disable and max-line-length count here. Not taken over: {names}."
)
OFF: Final = "{path} switches off: {names}."
NOTEBOOKS: Final = "Not linted, as they are notebooks that need others or a server: {names}."


class Message(msgspec.Struct, frozen=True):
    path: str
    line: int
    end_line: int
    symbol: str
    text: str
    is_error: bool


def about(repo: ModelRepo, messages: Iterable[Message], layout: Layout) -> list[Message]:
    """Those about a file that is linted: some are about the settings, or a notebook left out."""
    paths = set(sources(repo))
    return [each for each in messages if each.path in paths and not _hands_on(each, layout)]


def _hands_on(message: Message, layout: Layout) -> bool:
    """``from churn import fit as train`` in train.py is used: the pipeline calls it."""
    if message.symbol != "unused-import":
        return False
    name = message.path.rpartition("/")[2].casefold()
    called = {layout.train_function, layout.score_function, layout.evaluate_function}
    is_called = not called.isdisjoint(re.findall(r"\w+", message.text))
    return is_called and name in {layout.train.casefold(), layout.score.casefold()}


def findings(repo: ModelRepo, messages: Sequence[Message]) -> Iterator[Found]:
    known: dict[tuple[str, str, int], Message] = {}
    for each in messages:
        line = 0 if each.symbol == SYNTAX_ERROR else each.line  # the first makes many more
        known.setdefault((each.path, each.symbol, line), each)
    ordered = sorted(known.values(), key=lambda each: (not each.is_error, each.path, each.line))
    for each in ordered[:MOST]:
        yield Finding(
            each.path,
            mend_of(each.symbol),
            wrong_of(each.symbol, each.text, _source(repo, each)),
            line=each.line,
            rule=each.symbol,
            is_advice=not each.is_error,
        )
    rest = Counter(each.symbol for each in ordered[MOST:])
    if rest:
        kinds = ", ".join(f"{name} {count}" for name, count in rest.most_common(MOST_NAMED))
        yield Note(MORE.format(count=rest.total(), kinds=kinds))


def score_finding(messages: Sequence[Message], score: float, rules: Lint) -> Iterator[Finding]:
    if score >= rules.profile.score:
        return
    counts = Counter(each.path for each in messages)
    path = max(counts, key=lambda each: counts[each], default=".")
    wrong = TOO_LOW.format(score=score, profile=rules.name, wanted=rules.profile.score)
    count = counts[path]
    yield Finding(path, BEGIN_HERE.format(count=count, total=len(messages)), wrong, rule="score")


def ignored(own: RepoSettings) -> Iterator[Note]:
    if own.is_unreadable:
        yield Note(UNREADABLE.format(path=own.path))
    if own.ignored:
        yield Note(IGNORED.format(path=own.path, names=_few(own.ignored)))
    if own.disable:
        yield Note(OFF.format(path=own.path, names=_few(own.disable)))


def notebooks(repo: ModelRepo) -> Iterator[Note]:
    names = left_out(repo)
    if names:
        yield Note(NOTEBOOKS.format(names=_few(names)))


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _source(repo: ModelRepo, message: Message) -> str:
    first, last = message.line, min(message.end_line, message.line + MOST_LINES)
    return "\n".join(repo.text(message.path).splitlines()[first - 1 : last])
