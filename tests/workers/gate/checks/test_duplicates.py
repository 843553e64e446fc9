"""One finding for each region, with where the best copy is; nothing looked at is no pass."""

import pytest

from core.gate.check_rules import CheckRules, DuplicateRules
from core.gate.checks import Finding
from core.gate.facts import CheckFacts, Clone, NotCheckedError
from tests.model_repos import REAL_WORLD, a_repo, real_world
from workers.gate.checks.duplicates import duplicates

PATH = "src/train.py"


def a_clone(first: int, last: int, repository: str = "loans", **changes) -> Clone:
    where = {"path": PATH, "other_path": "src/features.py", "other_first": 5, "other_last": 37}
    return Clone(first=first, last=last, repository=repository, **{**where, **changes})


def found(*clones: Clone) -> list[Finding]:
    return list(duplicates(a_repo(), CheckFacts(clones=clones)))


@pytest.mark.parametrize("repo", [a_repo(), *map(real_world, REAL_WORLD)])
def test_without_copies_there_is_no_finding(repo):
    assert list(duplicates(repo, CheckFacts(clones=()))) == []


def test_a_copy_is_told_with_both_places_and_what_to_do():
    assert found(a_clone(10, 42)) == [
        Finding(
            path=PATH,
            line=10,
            wrong="lines 10-42 are also in loans src/features.py:5-37",
            mend="move it to a package that both install, or add an empty file "
            ".sluss_no_duplicates to keep the repository out of this comparison",
        )
    ]


def test_a_copy_that_drifted_says_so():
    [finding] = found(a_clone(10, 42, has_drifted=True))
    assert finding.wrong.endswith("src/features.py:5-37 (changed since)")
    assert finding.mend.startswith("see which side has the newer code")


def test_the_same_region_elsewhere_is_counted_and_the_longest_copy_is_told():
    [finding] = found(
        a_clone(12, 40, "churn"),
        a_clone(10, 42),
        a_clone(10, 30, "fraud"),
        a_clone(10, 30, "fraud", other_path="src/other.py"),
    )
    assert finding.wrong == "lines 10-42 are also in loans src/features.py:5-37, and in 2 more"


def test_of_equally_long_copies_an_unchanged_one_is_told():
    [finding] = found(a_clone(10, 42, has_drifted=True), a_clone(10, 42, "segments"))
    assert finding.wrong == "lines 10-42 are also in segments src/features.py:5-37, and in 1 more"


def test_other_regions_and_other_files_have_findings_of_their_own():
    findings = found(
        a_clone(60, 90), a_clone(10, 42), a_clone(38, 59), a_clone(10, 42, path="src/score.py")
    )
    assert [finding.place() for finding in findings] == [
        "src/score.py:10",
        "src/train.py:10",
        "src/train.py:60",
        "src/train.py:38",
    ]


def test_without_an_index_nothing_was_checked():
    with pytest.raises(NotCheckedError, match="no index of other repositories here"):
        list(duplicates(a_repo(), CheckFacts()))


def test_who_opted_out_was_not_checked():
    facts = CheckFacts(clones=(), rules=CheckRules(duplicates=DuplicateRules(opt_out=".private")))
    with pytest.raises(NotCheckedError, match=r"opts out with the file \.private"):
        list(duplicates(a_repo({".private": ""}), facts))
