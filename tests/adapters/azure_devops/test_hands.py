"""Who had a hand in a release, asked of Azure DevOps alone: no delivery of it has ever come."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from adapters.azure_devops import AzureDevOps, AzureDevOpsSettings
from adapters.azure_devops.git_host import FOLDER, AzureGitHost
from adapters.azure_devops.reviews import AzureDevOpsReviews
from adapters.git.command import git_path
from adapters.git.fetch import Fetch
from adapters.git.kept_clones import DEFAULT_BOUNDS, KeptClones
from adapters.local_files.people import PeopleFile, local_person
from core.context import Context
from core.contributors import Part
from core.counted_change import release_change
from core.find_contributors import FindContributors
from core.policy import Policy
from core.words import Stage
from tests.core.story import Story
from tests.peers.azure_devops import AzureDevOpsPeer, person

NAMES = ("anna", "ben", "carin", "dag")
PEOPLE = PeopleFile(
    local_person(name, name.title(), [f"{name}@bank.example"], ["credit"]) for name in NAMES
)


class Hands:
    """A repository of Azure DevOps, and who is counted for a commit of its main branch."""

    def __init__(self, devops: AzureDevOpsPeer, folder: Path) -> None:
        self.churn = devops.project("lending").repository("churn")
        self.by = {
            name: devops.join(person(name.title(), f"{name}@bank.example")) for name in NAMES
        }
        self.client = AzureDevOps(AzureDevOpsSettings(address=devops.address, token=devops.token))
        clones = KeptClones(folder / FOLDER, Fetch(git=git_path()), DEFAULT_BOUNDS)
        git = AzureGitHost(self.client, clones, lambda: [self.churn.id])
        self.find = FindContributors(git, AzureDevOpsReviews(self.client), PEOPLE)

    def push(self, name: str, text: str, branch: str = "main") -> str:
        files = {f"{branch}.py": text}
        return self.churn.push(by=self.by[name], files=files, branch=branch).ref_updates[0].new

    def pull(self, branch: str, by: str, *, completed_by: str, strategy: str, into="main") -> str:
        opened = self.churn.pull_requests.create(branch, by=self.by[by], into=into)
        done = opened.complete(by=self.by[completed_by], strategy=strategy, delete_source=True)
        return done.ref_updates[0].new

    async def of(self, commit: str, pusher: str) -> set[tuple[Part, str]]:
        """Tell nothing but the push of the commit itself, as a first look at a repository does."""
        story = Story().push(1, pusher=f"{pusher}@bank.example")
        known = msgspec.structs.replace(
            story.release, repository=self.churn.id, commit=commit, pusher=f"{pusher}@bank.example"
        )
        model = msgspec.structs.replace(story.model, releases={known.id: known}, pushers={})
        context = Context(now=datetime.now(UTC), policy=Policy())
        found = await self.find(release_change(model, known, Stage.QA), context)
        assert found.problem == ""
        return {(each.part, each.person) for each in found.found}


@pytest.fixture
async def hands(tmp_path):
    async with AzureDevOpsPeer(tmp_path / "organisation") as devops:
        made = Hands(devops, tmp_path)
        yield made
        await made.client.close()


@pytest.mark.parametrize("strategy", ["noFastForward", "squash", "rebase", "rebaseMerge"])
async def test_who_wrote_and_pushed_what_a_pull_request_has_merged(hands, strategy):
    hands.push("ben", "0")
    hands.push("anna", "1", "topic")
    hands.push("ben", "2", "topic")
    landed = hands.pull("topic", "carin", completed_by="ben", strategy=strategy)

    who = await hands.of(landed, "ben")
    assert {(Part.AUTHOR, "anna"), (Part.PUSHER, "anna"), (Part.CREATOR, "carin")} <= who


async def test_who_wrote_what_was_squashed_twice(hands):
    hands.push("ben", "0")
    hands.churn.update_refs(hands.by["ben"], {"refs/heads/next": hands.churn.head()})
    hands.churn.update_refs(hands.by["ben"], {"refs/heads/topic": hands.churn.head()})
    hands.push("anna", "1", "topic")
    hands.pull("topic", "dag", completed_by="ben", strategy="squash", into="next")
    landed = hands.pull("next", "ben", completed_by="ben", strategy="squash")

    who = await hands.of(landed, "ben")
    assert {(Part.AUTHOR, "anna"), (Part.PUSHER, "anna"), (Part.CREATOR, "dag")} <= who


async def test_what_a_branch_has_brought_elsewhere_is_not_counted(hands):
    """Main has taken one of its commits; who wrote the others had no hand in it."""
    hands.push("ben", "0")
    hands.churn.update_refs(hands.by["ben"], {"refs/heads/next": hands.churn.head()})
    hands.churn.update_refs(hands.by["ben"], {"refs/heads/topic": hands.churn.head()})
    taken = hands.push("ben", "1", "topic")
    hands.push("anna", "2", "topic")
    hands.pull("topic", "carin", completed_by="ben", strategy="squash", into="next")
    hands.churn.update_refs(hands.by["ben"], {"refs/heads/main": taken})

    who = await hands.of(taken, "ben")
    assert (Part.CREATOR, "carin") in who
    assert "anna" not in {name for _, name in who}
