"""What comes late or from elsewhere ends nothing, and is never taken for the newest."""

from datetime import UTC, datetime

import pytest

from core.events.outside import CodePushed, PullRequestHinted, PushHinted
from core.release.state import State
from tests.core.story import Story

NOW = datetime(2026, 2, 3, 10, tzinfo=UTC)


def test_a_repository_that_was_brought_anew_under_its_name_numbers_its_pushes_anew():
    story = Story().push(41).push(42, "topic")
    for number, branch in ((1, "main"), (2, "topic"), (1, "topic")):
        story.tell(
            CodePushed(
                id=f"ado/r2/{number}/{branch}", time=story.now, repository="r2", branch=branch,
                commit=f"{number:040x}", pusher="ada", push_id=number,
            )
        )  # fmt: skip
    assert [each.push_id for each in story.model.releases.values()] == [41, 42, 1, 2]
    assert story.derived == ["EventIgnored"]


def test_an_older_deletion_that_arrives_late_ends_nothing():
    """The branch was made again since: its newest push would never come again."""
    story = Story().push(3).delete_branch(2)
    assert story.release.state is State.CHECKING
    assert "stale" in story.decision.events[0].reason


HINTS = [
    PushHinted(id="h", time=NOW, repository="r1", push_id=7),
    PullRequestHinted(id="h", time=NOW, repository="r1", pull_request=7),
]


@pytest.mark.parametrize("hint", HINTS, ids=["a push", "a pull request"])
def test_a_hint_that_nobody_was_asked_about_says_what_to_set(hint):
    story = Story().push(1).tell(hint)
    assert story.derived == ["EventIgnored"]
    assert 'set "Resource details to send" to All' in story.decision.events[0].reason
    assert story.release.state is State.CHECKING
