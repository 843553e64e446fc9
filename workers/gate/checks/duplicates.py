"""The check ``duplicates``: code that another repository of the organisation has too, and where."""

from collections.abc import Iterator
from typing import Final

from core.gate.checks import GBI, Finding, ModelRepo, check
from core.gate.facts import CheckFacts, Clone, NotCheckedError

OPTED_OUT: Final = "the repository opts out with the file {path}: it was not compared"
NOT_COMPARED: Final = (
    "the code was not compared: there is no index of other repositories here, it cannot be used "
    "now, or this repository is a template"
)
WRONG: Final = "lines {first}-{last} are also in {repository} {other}:{other_first}-{other_last}"
DRIFTED: Final = " (changed since)"
MORE: Final = ", and in {count} more"
MEND: Final = (
    "move it to a package that both install, or add an empty file {opt_out} to keep the repository "
    "out of this comparison"
)
MEND_DRIFTED: Final = (
    "see which side has the newer code, then move it to a package that both install, or add an "
    "empty file {opt_out} to keep the repository out of this comparison"
)


@check(
    "duplicates",
    owner=GBI,
    priority=3,
    title="Code that other repositories have, too",
    mend="Move the code to a package that the repositories install. Code from a template of GBI "
    "is no copy; a repository with the file that policy.yml names (rules.duplicates.opt_out) is "
    "neither compared nor kept.",
    asks=("clones",),
)
def duplicates(repo: ModelRepo, facts: CheckFacts) -> Iterator[Finding]:
    """A copy is mended in one place and stays wrong in the others.

    Strings, numbers, comments and imports may differ, names may not; a copy that was changed in
    places is still seen. Of the other repository only its name, the path and the lines are told.
    """
    rules = facts.rules.duplicates
    if opt_out := repo.find(rules.opt_out):
        raise NotCheckedError(OPTED_OUT.format(path=opt_out))
    if facts.clones is None:
        raise NotCheckedError(NOT_COMPARED)
    left = sorted(facts.clones, key=_best_first)
    while left:
        best = left[0]
        others = {clone.repository for clone in left if _is_in(clone, best)}
        left = [clone for clone in left if not _is_in(clone, best)]
        yield _finding(best, len(others) - 1, rules.opt_out)


def _best_first(clone: Clone) -> tuple[str, int, bool, int, str, str]:
    """Return a sort key: per file the longest copy first, of equally long ones an unchanged one."""
    length = clone.last - clone.first
    return clone.path, -length, clone.has_drifted, clone.first, clone.repository, clone.other_path


def _is_in(clone: Clone, best: Clone) -> bool:
    """Tell whether the best copy already covers more than half of this one."""
    if clone.path != best.path:
        return False
    shared = min(clone.last, best.last) - max(clone.first, best.first) + 1
    return 2 * shared > clone.last - clone.first + 1


def _finding(best: Clone, more: int, opt_out: str) -> Finding:
    wrong = WRONG.format(
        first=best.first,
        last=best.last,
        repository=best.repository,
        other=best.other_path,
        other_first=best.other_first,
        other_last=best.other_last,
    )
    drifted = DRIFTED if best.has_drifted else ""
    others = MORE.format(count=more) if more else ""
    mend = MEND_DRIFTED if best.has_drifted else MEND
    return Finding(
        path=best.path,
        line=best.first,
        wrong=f"{wrong}{drifted}{others}",
        mend=mend.format(opt_out=opt_out),
    )
