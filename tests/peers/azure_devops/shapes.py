"""The JSON of the world's things, as the REST API and the service hooks show them."""

from datetime import datetime
from typing import Any

from tests.peers.azure_devops.bare_git import Commit, Signature
from tests.peers.azure_devops.identities import Identity
from tests.peers.azure_devops.pull_requests import Iteration, PullRequest
from tests.peers.azure_devops.repositories import Push, RefUpdate, Repository
from tests.peers.azure_devops.world import Project

Json = dict[str, Any]


def moment(date: datetime) -> str:
    """Seven digits of a second, as .NET writes them."""
    return date.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def identity_ref(identity: Identity, base: str) -> Json:
    avatar = f"{base}/_apis/GraphProfile/MemberAvatars/{identity.descriptor}"
    ref = {
        "displayName": identity.display_name,
        "url": f"{base}/_apis/Identities/{identity.id}",
        "_links": {"avatar": {"href": avatar}},
        "id": identity.id,
        "uniqueName": identity.unique_name,
        "imageUrl": f"{base}/_api/_common/identityImage?id={identity.id}",
        "descriptor": identity.descriptor,
    }
    return ref | {"isContainer": True} if identity.kind == "group" else ref


def project_ref(project: Project, base: str) -> Json:
    return {
        "id": project.id,
        "name": project.name,
        "url": f"{base}/_apis/projects/{project.id}",
        "state": "wellFormed",
        "revision": 1,
        "visibility": "private",
        "lastUpdateTime": "2026-11-23T08:00:00.000Z",
    }


def repository_url(repository: Repository, base: str) -> str:
    return f"{base}/{repository.project.id}/_apis/git/repositories/{repository.id}"


def repository_ref(repository: Repository, base: str) -> Json:
    """An empty repository has no default branch."""
    web = f"{base}/{repository.project.name}/_git/{repository.name}"
    shape = {
        "id": repository.id,
        "name": repository.name,
        "url": repository_url(repository, base),
        "project": project_ref(repository.project, base),
        "size": 0,
        "remoteUrl": web,
        "sshUrl": f"git@ssh.invalid:v3/{repository.project.name}/{repository.name}",
        "webUrl": web,
        "isDisabled": repository.is_disabled,
        "isInMaintenance": False,
    }
    branch = f"refs/heads/{repository.default_branch}"
    if repository.git.has_ref(branch):
        shape["defaultBranch"] = branch
    return shape


def signature(who: Signature) -> Json:
    return {"name": who.name, "email": who.email, "date": who.date}


def commit_ref(commit: Commit, repository: Repository, base: str) -> Json:
    return {
        "commitId": commit.id,
        "author": signature(commit.author),
        "committer": signature(commit.committer),
        "comment": commit.comment,
        "url": f"{repository_url(repository, base)}/commits/{commit.id}",
        "remoteUrl": f"{base}/{repository.project.name}/_git/{repository.name}/commit/{commit.id}",
    }


def push_ref(push: Push, base: str) -> Json:
    """The push as a commit names it."""
    return {
        "pushedBy": identity_ref(push.pushed_by, base),
        "pushId": push.push_id,
        "date": moment(push.date),
    }


def ref_update(update: RefUpdate, repository: Repository) -> Json:
    return {
        "repositoryId": repository.id,
        "name": update.name,
        "oldObjectId": update.old,
        "newObjectId": update.new,
    }


def push_shape(push: Push, base: str) -> Json:
    repository = push.repository
    return {
        "repository": repository_ref(repository, base),
        **push_ref(push, base),
        "url": f"{repository_url(repository, base)}/pushes/{push.push_id}",
    }


def commits_of(push: Push, base: str, top: int) -> list[Json]:
    found = [push.repository.read(commit) for commit in push.commits[:top]]
    return [commit_ref(commit, push.repository, base) for commit in found if commit is not None]


def commit_link(commit: str, repository: Repository, base: str) -> Json:
    return {"commitId": commit, "url": f"{repository_url(repository, base)}/commits/{commit}"}


def pull_request_shape(pull_request: PullRequest, base: str) -> Json:
    repository, last = pull_request.repository, pull_request.last
    shape = {
        "repository": repository_ref(repository, base),
        "pullRequestId": pull_request.number,
        "codeReviewId": pull_request.number,
        "status": pull_request.status,
        "createdBy": identity_ref(pull_request.created_by, base),
        "creationDate": moment(pull_request.created),
        "title": pull_request.title,
        "description": pull_request.description,
        "sourceRefName": f"refs/heads/{pull_request.source}",
        "targetRefName": f"refs/heads/{pull_request.target}",
        "mergeStatus": pull_request.merge_status,
        "isDraft": pull_request.is_draft,
        "mergeId": pull_request.merge_id,
        "lastMergeSourceCommit": commit_link(last.source, repository, base),
        "lastMergeTargetCommit": commit_link(last.target, repository, base),
        "reviewers": [_reviewer(who, vote, base) for who, vote in pull_request.reviewers],
        "url": f"{repository_url(repository, base)}/pullRequests/{pull_request.number}",
        "supportsIterations": True,
    }
    if pull_request.merge_commit is not None:
        shape["lastMergeCommit"] = commit_link(pull_request.merge_commit, repository, base)
    return shape | _ending(pull_request, base)


def iteration_shape(iteration: Iteration, pull_request: PullRequest, base: str) -> Json:
    repository = pull_request.repository
    shape = {
        "id": iteration.id,
        "author": identity_ref(iteration.author, base),
        "createdDate": moment(iteration.date),
        "updatedDate": moment(iteration.date),
        "sourceRefCommit": commit_link(iteration.source, repository, base),
        "targetRefCommit": commit_link(iteration.target, repository, base),
        "commonRefCommit": commit_link(iteration.common, repository, base),
        "hasMoreCommits": False,
        "reason": "create" if iteration.push_id is None else "push",
    }
    return shape if iteration.push_id is None else shape | {"push": {"pushId": iteration.push_id}}


def _reviewer(who: Identity, vote: int, base: str) -> Json:
    return {"reviewerUrl": None, "vote": vote, "hasDeclined": False, **identity_ref(who, base)}


def _ending(pull_request: PullRequest, base: str) -> Json:
    if pull_request.closed is None or pull_request.closed_by is None:
        return {}
    ending = {
        "closedDate": moment(pull_request.closed),
        "closedBy": identity_ref(pull_request.closed_by, base),
    }
    if pull_request.strategy is None:
        return ending
    return ending | {"completionOptions": {"mergeStrategy": pull_request.strategy}}
