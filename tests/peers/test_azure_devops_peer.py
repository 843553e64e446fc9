"""The peer serves the real SDK of Azure DevOps and real git the way Azure DevOps does."""

import asyncio
import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import requests
from azure.core.exceptions import DeserializationError
from msrest.exceptions import ClientRequestError

from tests.peers.azure_devops import AzureDevOpsPeer, Repository, Right, person, service_principal
from tests.peers.azure_devops.bare_git import NOTHING
from tests.peers.azure_devops.clients import git, sdk, sdk_with_bearer
from tests.peers.azure_devops.faults import (
    ALWAYS,
    Effect,
    answer,
    drip,
    dropped_after,
    dropped_before,
    error,
    half,
    hang,
    sign_in_page,
    sign_in_redirect,
    slowed_down,
    too_many,
    truncated,
)
from tests.peers.azure_devops.parts import PARTS
from tests.peers.azure_devops.shapes import moment
from tests.peers.azure_devops.world import SLUSS

# After the module that gives the SDK a folder for its cache, which it makes on import.
from azure.devops.exceptions import (  # isort: skip
    AzureDevOpsAuthenticationError,
    AzureDevOpsClientRequestError,
    AzureDevOpsServiceError,
)
from azure.devops.v7_1.git import models  # isort: skip

ANNA = person("Anna Berg", "anna.berg@bank.example")
BO = person("Bo Lind", "bo.lind@bank.example")
ROBOT = service_principal("release-robot", "0f7d2a7e-94c5-4d53-8c62-2f6f4ce0f5a1")
ROOT = Path(__file__).parents[2]
BESIDE_THE_SDK = {"approvals", "plans", "events"}
CUT = (ClientRequestError, requests.RequestException)
SDK_CALL = re.compile(
    r"http_method='(\w+)',\s+location_id='([^']+)',\s+version='[\d.]+-preview\.(\d+)'"
)
ROUTE_VALUE = re.compile(r"route_values\['(\w+)'\]")


@pytest.fixture
def devops(tmp_path: Path) -> Iterator[AzureDevOpsPeer]:
    with AzureDevOpsPeer(tmp_path / "peer") as devops:
        devops.join(ANNA, token="token-of-anna")
        devops.join(BO, token="token-of-bo")
        yield devops


@pytest.fixture
def churn(devops: AzureDevOpsPeer) -> Repository:
    churn = devops.project("lending").repository("churn")
    churn.push(by=ANNA, files={"train.py": "def train(): ...\n"}, message="Train")
    return churn


@pytest.fixture
def code(devops: AzureDevOpsPeer) -> Any:
    """The git client of the SDK, as sluss."""
    return sdk(devops.address, devops.token).get_git_client()


def rest(
    devops: AzureDevOpsPeer, path: str, token: str | None = None, **more: Any
) -> requests.Response:
    """A GET beside the SDK, to see the answer itself."""
    auth = ("", token or devops.token)
    return requests.get(f"{devops.address}/{path}", auth=auth, timeout=10, **more)


class TestDiscovery:
    def test_the_organisation_has_every_area_at_its_own_address(self, devops, churn):
        clients = sdk(devops.address, devops.token)
        assert [one.name for one in clients.get_core_client().get_projects()] == ["lending"]
        areas = rest(devops, "_apis/ResourceAreas").json()["value"]
        assert len(areas) > 30
        assert {area["locationUrl"] for area in areas} == {f"{devops.address}/"}

    def test_a_collection_on_premises_has_no_areas(self, devops, churn):
        code = sdk(devops.collection_address, devops.token).get_git_client()
        assert code.get_repository("churn", "lending").id == churn.id
        url = f"{devops.collection_address}/_apis/ResourceAreas"
        assert requests.get(url, auth=("", devops.token), timeout=10).json()["count"] == 0

    def test_names_compare_without_case(self, devops, churn, code):
        assert code.get_repository("CHURN", "Lending").id == churn.id
        lowered = devops.address.replace("Harbour", "harbour")
        assert sdk(lowered, devops.token).get_git_client().get_repository(churn.id).name == "churn"

    def test_a_truncated_list_breaks_the_sdk(self, devops, churn):
        devops.faults.on("OPTIONS", "", truncated(keep=1))
        clients = sdk(devops.address, devops.token)
        with pytest.raises(AzureDevOpsServiceError, match="controller"):
            clients.get_git_client().get_repository(churn.id)

    def test_a_page_in_place_of_the_list_breaks_the_sdk(self, devops):
        devops.faults.on("OPTIONS", "", sign_in_page(200))
        with pytest.raises(DeserializationError):
            sdk(devops.address, devops.token).get_git_client()

    def test_who_am_i(self, devops):
        path = "_apis/connectionData?api-version=7.1-preview"
        who = rest(devops, path).json()["authenticatedUser"]
        assert (who["id"], who["subjectDescriptor"]) == (SLUSS.id, SLUSS.descriptor)
        assert who["subjectDescriptor"].startswith("aadsp.")
        location = sdk(devops.address, devops.token).get_location_client()
        assert location.get_connection_data().authenticated_user.id == SLUSS.id

    @pytest.mark.parametrize(
        "location",
        dict.fromkeys(route.location for part in PARTS for route in part.all),
        ids=lambda one: one.resource,
    )
    def test_locations_are_those_of_the_sdk(self, location, sdk_calls):
        assert (location.id in sdk_calls) != (location.resource in BESIDE_THE_SDK)
        version, values = sdk_calls.get(location.id, (0, set()))
        assert location.version >= version
        named = set(re.findall(r"\{\*?(\w+)\}", location.template)) - {"area", "resource"}
        assert values <= named


@pytest.fixture(scope="module")
def sdk_calls() -> dict[str, tuple[int, set[str]]]:
    """By location: the newest version that the SDK asks for, and all the route values that it gives."""
    import azure.devops  # noqa: PLC0415  its folder is all that is wanted

    calls: dict[str, tuple[int, set[str]]] = {}
    for client in Path(azure.devops.__file__).parent.glob("v7_1/*/*_client*.py"):
        for function in client.read_text("utf-8").split("\n    def "):
            for _, location, version in SDK_CALL.findall(function):
                newest, values = calls.get(location, (0, set()))
                more = set(ROUTE_VALUE.findall(function))
                calls[location] = (max(newest, int(version)), values | more)
    return calls


class TestCode:
    def test_a_push_names_who_pushed_and_what_came(self, devops, churn, code):
        push = churn.push(by=BO, author=ANNA, files={"score.py": "1"}, message="Score")
        seen = code.get_push(churn.id, push.push_id, include_commits=10, include_ref_updates=True)
        assert seen.pushed_by.unique_name == BO.unique_name
        assert [(one.author.name, one.comment) for one in seen.commits] == [("Anna Berg", "Score")]
        update = seen.ref_updates[0]
        assert (update.name, update.new_object_id) == ("refs/heads/main", churn.head())
        bare = code.get_push(churn.id, push.push_id)
        assert (bare.commits, bare.ref_updates) == (None, None)

    def test_pushes_are_listed_newest_first_and_since_a_date(self, devops, churn, code):
        second = churn.push(by=BO, files={"a": "1"})
        assert [one.push_id for one in code.get_pushes(churn.id)] == [
            second.push_id,
            churn.pushes[0].push_id,
        ]
        assert [one.push_id for one in code.get_pushes(churn.id, top=1, skip=1)] == [
            churn.pushes[0].push_id
        ]
        since = models.GitPushSearchCriteria(
            from_date=moment(second.date), include_ref_updates=True
        )
        found = code.get_pushes(churn.id, search_criteria=since)
        assert [one.push_id for one in found] == [second.push_id]
        assert found[0].ref_updates[0].name == "refs/heads/main"

    def test_a_commit_knows_the_push_that_brought_it_first(self, churn, code):
        pushed = churn.push(by=ANNA, files={"a": "1"}, branch="topic")
        churn.update_refs(BO, {"refs/heads/again": churn.head("topic")})
        commit = code.get_commit(churn.head("topic"), churn.id)
        assert commit.push.push_id == pushed.push_id
        assert commit.push.pushed_by.unique_name == ANNA.unique_name

    def test_commits_by_id_are_found_by_the_batch_only(self, churn, code):
        criteria = models.GitQueryCommitsCriteria(ids=[churn.head()], include_push_data=True)
        assert (
            code.get_commits(churn.id, criteria) == []
        )  # the SDK writes "['sha']" into the address
        batch = code.get_commits_batch(criteria, churn.id)
        assert [one.push.push_id for one in batch] == [churn.pushes[0].push_id]

    def test_the_history_of_a_branch(self, churn, code):
        churn.push(by=ANNA, files={"train.py": "2"}, message="Again")
        churn.push(by=ANNA, files={"other.py": "2"}, message="Other")
        main = models.GitVersionDescriptor(version="main", version_type="branch")
        criteria = models.GitQueryCommitsCriteria(item_version=main, item_path="/train.py")
        assert [one.comment for one in code.get_commits(churn.id, criteria)] == ["Again", "Train"]

    def test_several_refs_a_tag_and_a_deleted_branch_are_one_push(self, churn, code):
        churn.push(by=ANNA, files={"a": "1"}, branch="topic")
        refs = {
            "refs/heads/topic": NOTHING,
            "refs/tags/v1": churn.head(),
            "refs/heads/new": churn.head(),
        }
        push = churn.update_refs(ANNA, refs)
        seen = code.get_push(churn.id, push.push_id, include_ref_updates=True, include_commits=5)
        assert {one.name: one.new_object_id for one in seen.ref_updates} == refs
        assert not seen.commits

    def test_a_merge_of_branches_brings_what_was_not_there(self, churn):
        churn.push(by=ANNA, files={"a": "1"}, branch="topic")
        churn.push(by=BO, files={"b": "1"})
        assert len(churn.merge("topic", by=BO).commits) == 1
        squashed = churn.push(by=ANNA, files={"c": "1"}, branch="other")
        merged = churn.merge("other", by=BO, squash=True)
        assert len(churn.read(merged.commits[0]).parents) == 1
        assert squashed.commits[0] not in merged.commits

    def test_a_rename_keeps_the_id(self, devops, churn, code):
        churn.rename("attrition")
        churn.project.rename("credit")
        assert code.get_repository(churn.id).name == "attrition"
        assert code.get_repository("attrition", "credit").id == churn.id
        with pytest.raises(AzureDevOpsServiceError, match="TF200016"):
            code.get_repository("attrition", "lending")
        with pytest.raises(AzureDevOpsServiceError, match="TF401019"):
            code.get_repository("churn", "credit")

    def test_disabled_and_deleted_repositories(self, devops, churn, code):
        churn.disable()
        with pytest.raises(AzureDevOpsServiceError, match="TF401019"):
            code.get_pushes(churn.id)
        assert [one.is_disabled for one in code.get_repositories()] == [True]
        churn.enable()
        assert code.get_pushes(churn.id)
        churn.project.delete(churn)
        assert code.get_repositories("lending") == []

    @pytest.mark.parametrize("commit", ["0" * 40, "main", "abc"])
    def test_a_commit_that_is_not_there(self, churn, code, commit):
        with pytest.raises(AzureDevOpsServiceError, match="TF401175"):
            code.get_commit(commit, churn.id)


class TestPullRequests:
    def test_the_merge_is_tried_when_it_opens_and_at_each_push(self, churn, code):
        first = churn.push(by=ANNA, files={"a.py": "1"}, branch="topic")
        opened = churn.pull_requests.create("topic", by=ANNA, title="Better")
        seen = code.get_pull_request(churn.id, opened.number)
        assert seen.last_merge_source_commit.commit_id == first.commits[0]
        assert (seen.status, seen.merge_status) == ("active", "succeeded")
        second = churn.push(by=BO, files={"b.py": "1"}, branch="topic")
        again = code.get_pull_request_by_id(opened.number)
        assert again.last_merge_source_commit.commit_id == second.commits[0]
        assert again.last_merge_commit.commit_id != seen.last_merge_commit.commit_id
        authors = [
            one.author.unique_name
            for one in code.get_pull_request_iterations(churn.id, opened.number)
        ]
        assert authors == [ANNA.unique_name, BO.unique_name]
        commits = code.get_pull_request_commits(churn.id, opened.number)
        assert [one.commit_id for one in commits] == [second.commits[0], first.commits[0]]

    def test_the_path_of_a_change_is_beside_the_model_of_the_sdk(self, churn, code):
        churn.push(by=ANNA, files={"a.py": "1", "train.py": None}, branch="topic")
        number = churn.pull_requests.create("topic", by=ANNA).number
        changes = code.get_pull_request_iteration_changes(churn.id, number, 1).change_entries
        told = [
            (one.additional_properties["item"]["path"], one.additional_properties["changeType"])
            for one in changes
        ]
        assert told == [("/a.py", "add"), ("/train.py", "delete")]

    @pytest.mark.parametrize(
        ("strategy", "parents"),
        [("noFastForward", 2), ("squash", 1), ("rebase", 1), ("rebaseMerge", 2)],
    )
    def test_it_is_completed(self, churn, code, strategy, parents):
        brought = churn.push(by=ANNA, files={"a.py": "1"}, branch="topic")
        opened = churn.pull_requests.create("topic", by=ANNA)
        churn.push(by=BO, files={"b.py": "1"})
        push = opened.complete(by=BO, strategy=strategy)
        assert push.pushed_by == BO
        assert len(churn.read(churn.head()).parents) == parents
        assert {"a.py", "b.py"} <= set(churn.git.run("ls-tree", "--name-only", "main").split())
        asked = [
            models.GitPullRequestQueryInput(items=[churn.head()], type="lastMergeCommit"),
            models.GitPullRequestQueryInput(items=[brought.commits[0]], type="commit"),
        ]
        by_merge, by_commit = code.get_pull_request_query(
            models.GitPullRequestQuery(queries=asked), churn.id
        ).results
        assert by_merge[churn.head()][0].created_by.unique_name == ANNA.unique_name
        assert by_commit[brought.commits[0]][0].pull_request_id == opened.number

    def test_they_are_listed_by_status_and_time(self, devops, churn, code):
        churn.push(by=ANNA, files={"a.py": "1"}, branch="topic")
        churn.push(by=ANNA, files={"b.py": "1"}, branch="other")
        ended, active = (
            churn.pull_requests.create(branch, by=ANNA) for branch in ("topic", "other")
        )
        ended.abandon(by=BO)
        numbers = {
            status: [
                one.pull_request_id
                for one in code.get_pull_requests(
                    churn.id, models.GitPullRequestSearchCriteria(status=status)
                )
            ]
            for status in ("active", "abandoned", "all")
        }
        assert numbers == {
            "active": [active.number],
            "abandoned": [ended.number],
            "all": [active.number, ended.number],
        }
        closed = {
            "searchCriteria.status": "all",
            "searchCriteria.queryTimeRangeType": "closed",
            "searchCriteria.minTime": moment(ended.closed),
        }
        of_project = rest(devops, "lending/_apis/git/pullrequests", params=closed).json()["value"]
        assert [one["pullRequestId"] for one in of_project] == [ended.number]

    def test_the_sdk_opens_and_completes_one(self, churn, code):
        source = churn.push(by=ANNA, files={"a.py": "1"}, branch="topic").commits[0]
        wanted = models.GitPullRequest(
            title="Mine", source_ref_name="refs/heads/topic", target_ref_name="refs/heads/main"
        )
        made = code.create_pull_request(wanted, churn.id)
        with pytest.raises(AzureDevOpsServiceError, match="TF401179"):
            code.create_pull_request(wanted, churn.id)
        stale = models.GitPullRequest(
            status="completed", last_merge_source_commit={"commitId": NOTHING}
        )
        with pytest.raises(AzureDevOpsServiceError, match="modified"):
            code.update_pull_request(stale, churn.id, made.pull_request_id)
        done = models.GitPullRequest(
            status="completed", last_merge_source_commit={"commitId": source}
        )
        assert code.update_pull_request(done, churn.id, made.pull_request_id).status == "completed"
        assert churn.pushes[-1].pushed_by == SLUSS

    def test_a_conflict_has_no_merge_commit(self, churn, code):
        start = churn.head()
        churn.push(by=ANNA, files={"train.py": "theirs"})
        churn.push(by=ANNA, files={"train.py": "ours"}, branch="topic", start=start)
        opened = churn.pull_requests.create("topic", by=ANNA)
        seen = code.get_pull_request(churn.id, opened.number)
        assert (seen.merge_status, seen.last_merge_commit) == ("conflicts", None)


class TestRights:
    def test_bearer_tokens_and_personal_ones_are_taken(self, devops, churn):
        code = sdk_with_bearer(devops.address, "token-of-anna").get_git_client()
        code.get_repository(churn.id)
        assert [call.identity for call in devops.calls][-1] == ANNA.unique_name

    def test_a_wrong_token_is_401(self, devops, churn, code):
        devops.access.revoke(devops.token)
        with pytest.raises(AzureDevOpsAuthenticationError):
            code.get_repository(churn.id)

    def test_an_expired_token_gets_the_sign_in_page_for_reads_and_writes(self, devops, churn, code):
        devops.access.issue(devops.token, SLUSS, expires=devops.now() + timedelta(minutes=5))
        code.get_repository(churn.id)
        devops.offset = timedelta(minutes=6)
        assert rest(devops, "_apis/projects").status_code == 203
        with pytest.raises(DeserializationError, match="text/html"):
            code.get_repository(churn.id)

    def test_who_brings_no_token_is_sent_to_sign_in(self, devops):
        url = f"{devops.address}/_apis/projects"
        sent = requests.get(url, timeout=10, allow_redirects=False)
        assert sent.status_code == 302
        assert "Sign In" in requests.get(url, timeout=10).text
        program = requests.get(url, timeout=10, headers={"X-TFS-FedAuthRedirect": "Suppress"})
        assert program.status_code == 401

    def test_a_repository_that_may_not_be_read_is_not_there(self, devops, churn, code):
        devops.access.deny(SLUSS, Right.CODE_READ, at=churn.id)
        with pytest.raises(AzureDevOpsServiceError, match="TF401019"):
            code.get_repository(churn.id)
        assert code.get_repositories() == []

    def test_a_missing_permission_is_403_and_named(self, devops, churn, code):
        churn.push(by=ANNA, files={"a": "1"}, branch="topic")
        devops.access.deny(SLUSS, Right.PULL_REQUESTS, at=churn.project.id)
        wanted = models.GitPullRequest(
            title="x", source_ref_name="refs/heads/topic", target_ref_name="refs/heads/main"
        )
        with pytest.raises(AzureDevOpsServiceError, match=r"TF401027.*'PullRequestContribute'"):
            code.create_pull_request(wanted, churn.id)

    def test_the_nearest_place_decides(self, devops, churn, code):
        devops.access.deny(SLUSS, Right.CODE_READ)
        devops.access.allow(SLUSS, Right.CODE_READ, at=churn.project.id)
        assert code.get_repository(churn.id)

    def test_a_token_without_the_scope_is_401(self, devops, churn):
        devops.access.issue("narrow", ANNA, scopes={Right.PROJECT_READ})
        with pytest.raises(AzureDevOpsServiceError, match="TF400813"):
            sdk(devops.address, "narrow").get_git_client().get_repository(churn.id)

    def test_projects_that_may_not_be_seen_are_not_listed(self, devops, churn):
        core = sdk(devops.address, devops.token).get_core_client()
        devops.access.deny(SLUSS, Right.PROJECT_READ, at=churn.project.id)
        assert core.get_projects() == []

    @pytest.mark.parametrize(
        ("asked", "status", "type_key"),
        [
            (
                "GET _apis/connectionData?api-version=7.1",
                400,
                "VssInvalidPreviewVersionException",
            ),
            ("GET _apis/projects?api-version=9.0", 400, "VssVersionOutOfRangeException"),
            (
                "POST lending/_apis/git/repositories/churn/pullrequests",
                400,
                "VssVersionNotSpecifiedException",
            ),
            ("GET _apis/nothing", 404, "VssResourceNotFoundException"),
            (
                "DELETE _apis/projects?api-version=7.1",
                405,
                "VssRequestContentTypeNotSupportedException",
            ),
        ],
    )
    def test_what_the_api_does_not_take(self, devops, asked, status, type_key):
        method, path = asked.split(" ")
        refused = requests.request(
            method, f"{devops.address}/{path}", auth=("", devops.token), timeout=10
        )
        assert (refused.status_code, refused.json()["typeKey"]) == (status, type_key)


class TestGit:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        git("init", "-q", "-b", "main", str(tmp_path / "tree"), folder=tmp_path)
        return tmp_path / "tree"

    def test_one_commit_is_fetched_by_names_and_by_ids(self, devops, churn, folder):
        for project, name in (("lending", "churn"), (churn.project.id, churn.id)):
            url = f"{devops.address}/{project}/_git/{name}"
            fetched = git(
                "fetch", "-q", "--depth=1", url, churn.head(), folder=folder, token=devops.token
            )
            assert fetched.returncode == 0, fetched.stderr
        assert git("show", "FETCH_HEAD:train.py", folder=folder).stdout == "def train(): ...\n"

    def test_a_partial_clone_fetches_blobs_later_unless_the_server_has_no_filter(
        self, devops, churn, folder
    ):
        url = f"{devops.address}/lending/_git/churn"
        fetch = ("fetch", "-q", "--filter=blob:none", url, churn.head())
        assert git(*fetch, folder=folder, token=devops.token).returncode == 0
        assert git("cat-file", "-e", f"{churn.head()}:train.py", folder=folder).returncode != 0
        churn.supports_filter = False
        again = git(*fetch, "--refetch", folder=folder, token=devops.token)
        assert "filtering not recognized by server" in again.stderr

    def test_a_push_by_git_is_written_down_for_the_owner_of_the_token(self, devops, churn, folder):
        url = f"{devops.address}/lending/_git/churn"
        git("pull", "-q", url, "main", folder=folder, token="token-of-bo")
        git("commit", "-q", "--allow-empty", "-m", "Empty", folder=folder)
        pushed = git(
            "push", "-q", url, "HEAD:main", "HEAD:topic", folder=folder, token="token-of-bo"
        )
        assert pushed.returncode == 0, pushed.stderr
        last = churn.pushes[-1]
        assert last.pushed_by == BO
        assert [one.name for one in last.ref_updates] == ["refs/heads/main", "refs/heads/topic"]
        assert [churn.read(one).author.name for one in last.commits] == ["Somebody"]

    def test_what_git_is_refused(self, devops, churn, folder):
        url = f"{devops.address}/lending/_git/churn"
        fetch = ("fetch", "-q", url, "main")
        assert "could not read Username" in git(*fetch, folder=folder, token="wrong").stderr
        assert "could not read Username" in git(*fetch, folder=folder).stderr
        devops.access.deny(SLUSS, Right.CODE_WRITE)
        git(*fetch, folder=folder, token=devops.token)
        pushed = git(
            "push", "-q", url, "FETCH_HEAD:refs/heads/x", folder=folder, token=devops.token
        )
        assert "403" in pushed.stderr
        churn.disable()
        assert "TF401019" in git(*fetch, folder=folder, token=devops.token).stderr
        churn.enable()
        churn.rename("attrition")
        assert "TF401019" in git(*fetch, folder=folder, token=devops.token).stderr

    def test_a_force_pushed_commit_can_be_fetched_until_it_is_pruned(
        self, devops, churn, folder, code
    ):
        start, lost = churn.head(), churn.push(by=ANNA, files={"a": "1"}).commits[0]
        churn.push(by=ANNA, files={"a": "2"}, start=start)
        fetch = ("fetch", "-q", "--depth=1", f"{devops.address}/lending/_git/churn", lost)
        assert git(*fetch, folder=folder, token=devops.token).returncode == 0
        assert code.get_commit(lost, churn.id)
        churn.prune()
        with pytest.raises(AzureDevOpsServiceError, match="TF401175"):
            code.get_commit(lost, churn.id)
        other = folder.parent / "other"
        git("init", "-q", str(other), folder=folder)
        gone = git(*fetch, folder=other, token=devops.token)
        assert "not our ref" in gone.stderr

    def test_a_repository_of_this_machine_is_taken_over(self, devops, churn):
        copy = devops.project("credit").repository("copy")
        push = copy.adopt(churn.path, by=BO)
        assert copy.head() == churn.head()
        assert push.commits == churn.pushes[0].commits


class TestFaults:
    @pytest.mark.parametrize(
        ("effect", "expected"),
        [
            (sign_in_page(203), DeserializationError),
            (sign_in_page(200), DeserializationError),
            (sign_in_redirect(), AzureDevOpsClientRequestError),
            (answer(401), AzureDevOpsAuthenticationError),
            (answer(403, "Forbidden"), AzureDevOpsClientRequestError),
            (answer(404, "no such page"), AzureDevOpsClientRequestError),
            (
                error(409, "TF400000: somebody was first", "ConflictException"),
                AzureDevOpsServiceError,
            ),
            (answer(503, "down"), AzureDevOpsClientRequestError),
            (too_many(), AzureDevOpsClientRequestError),
            (half(), CUT),
            (dropped_before(), CUT),
            (dropped_after(), CUT),
        ],
        ids=lambda one: getattr(one, "__qualname__", str(one)).split(".")[0],
    )
    def test_a_write_meets_them(self, devops, churn, code, effect: Effect, expected):
        churn.push(by=ANNA, files={"a": "1"}, branch="topic")
        code.get_repository(churn.id)
        devops.faults.on("POST", "/pullRequests$", effect)
        wanted = models.GitPullRequest(
            title="x", source_ref_name="refs/heads/topic", target_ref_name="refs/heads/main"
        )
        with pytest.raises(expected):
            code.create_pull_request(wanted, churn.id)

    @pytest.mark.parametrize(
        ("effect", "made"), [(dropped_before(), 0), (dropped_after(), 1), (half(), 1)]
    )
    def test_a_cut_says_nothing_of_what_was_done(self, devops, churn, code, effect, made):
        churn.push(by=ANNA, files={"a": "1"}, branch="topic")
        devops.faults.on("POST", "/pullRequests$", effect)
        wanted = models.GitPullRequest(
            title="x", source_ref_name="refs/heads/topic", target_ref_name="refs/heads/main"
        )
        with pytest.raises(CUT):
            code.create_pull_request(wanted, churn.id)
        assert len(list(churn.pull_requests)) == made

    def test_a_read_follows_the_redirect_to_the_page(self, devops, churn, code):
        devops.faults.on("GET", "/repositories/", sign_in_redirect())
        with pytest.raises(DeserializationError, match="text/html"):
            code.get_repository(churn.id)

    def test_a_success_may_ask_for_slower_calls(self, devops, churn):
        devops.faults.on("GET", "/projects", slowed_down(7))
        slow = rest(devops, "_apis/projects")
        assert (slow.status_code, slow.headers["Retry-After"]) == (200, "7")
        assert slow.headers["X-RateLimit-Delay"] == "7.000"

    def test_faults_come_so_often_and_after_so_many(self, devops, churn):
        devops.faults.on("GET", "/projects", answer(503), times=2, skip=1)
        assert [rest(devops, "_apis/projects").status_code for _ in range(5)] == [
            200,
            503,
            503,
            200,
            200,
        ]
        devops.faults.on("GET", "/projects", answer(500), times=ALWAYS)
        assert {rest(devops, "_apis/projects").status_code for _ in range(5)} == {500}
        devops.faults.clear()
        assert rest(devops, "_apis/projects").status_code == 200

    def test_an_answer_may_drip_or_never_come(self, devops, churn):
        devops.faults.on("GET", "/projects", drip(0.001))
        assert rest(devops, "_apis/projects").json()["count"] == 1
        devops.faults.on("GET", "/projects", hang())
        with pytest.raises(requests.Timeout):
            requests.get(f"{devops.address}/_apis/projects", auth=("", devops.token), timeout=0.2)

    def test_a_clock_that_is_off_shows_in_headers_and_dates(self, devops, churn):
        devops.offset = timedelta(minutes=5)
        told = parsedate_to_datetime(rest(devops, "_apis/projects").headers["Date"])
        assert told - datetime.now(UTC) > timedelta(minutes=4)
        assert churn.push(by=ANNA, files={"b": "1"}).date - datetime.now(UTC) > timedelta(minutes=4)


def a_small_world(devops: AzureDevOpsPeer) -> None:
    churn = devops.project("lending").repository("churn")
    churn.push(by=devops.join(ANNA), files={"train.py": "1"})


class TestCalls:
    def test_reads_and_writes_are_counted_since_a_mark(self, devops, churn, code):
        code.get_repository(churn.id)
        mark = devops.calls.mark()
        criteria = models.GitQueryCommitsCriteria(ids=[churn.head()])
        code.get_commits_batch(criteria, churn.id)  # a POST that reads
        churn.push(by=ANNA, files={"a": "1"}, branch="topic")
        wanted = models.GitPullRequest(
            title="x", source_ref_name="refs/heads/topic", target_ref_name="refs/heads/main"
        )
        code.create_pull_request(wanted, churn.id)
        made = devops.calls.since(mark)
        assert (made.reads, made.writes) == (1, 1)
        assert [call.status for call in made.to("POST", "pullrequests")] == [200]
        assert {call.api_version for call in made} == {"7.1-preview.1"}

    async def test_it_answers_beside_the_loop_of_the_test(self, tmp_path):
        async with AzureDevOpsPeer(tmp_path) as devops, aiohttp.ClientSession() as session:
            headers = {"Authorization": f"Bearer {devops.token}"}
            async with session.get(f"{devops.address}/_apis/projects", headers=headers) as asked:
                assert (await asked.json())["count"] == 0
            assert rest(devops, "_apis/projects").status_code == 200  # this blocks the loop
            await asyncio.sleep(0)

    async def test_it_runs_as_a_process_of_its_own(self, tmp_path):
        world = "tests.peers.test_azure_devops_peer:a_small_world"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.peers.azure_devops", str(tmp_path), "--world", world),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        told = json.loads(await process.stdout.readline())
        code = sdk(told["address"], told["token"]).get_git_client()
        assert [one.name for one in code.get_repositories()] == ["churn"]
        process.terminate()
        assert await process.wait() == 0
