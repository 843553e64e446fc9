"""Bodies of service hooks, as Azure DevOps sends them for what has happened.

``body`` is to be made when it happens: it shows the world as it is then. Format, with samples:
https://learn.microsoft.com/azure/devops/service-hooks/events
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from tests.peers.azure_devops import pipeline_deliveries, shapes
from tests.peers.azure_devops.happenings import Happening
from tests.peers.azure_devops.identities import Identity
from tests.peers.azure_devops.pull_requests import PullRequest
from tests.peers.azure_devops.repositories import Push, Repository
from tests.peers.azure_devops.shapes import Json
from tests.peers.azure_devops.world import ACCOUNT_ID, COLLECTION_ID, Project

COMMENTED = "ms.vss-code.git-pullrequest-comment-event"
ALL, MINIMAL, NONE = "all", "minimal", "none"
NOBODY = "00000000-0000-0000-0000-000000000000"
NO_DATE = "0001-01-01T00:00:00"
TEST_EVENT_IDS = {  # the Test button of a subscription sends one and the same id for ever
    "git.push": "03c164c2-8912-4d5e-8009-3707d5f83734",
    "git.pullrequest.created": "2ab4e3d3-b7a6-425e-92b1-5a9982c1269e",
    "git.pullrequest.updated": "af07be1b-f3ad-44c8-a7f1-c4835f2df06b",
    "git.pullrequest.merged": "6872ee8c-b333-4eff-bfb9-0d5274943566",
    "build.complete": "4a5d99d6-1c75-4e53-91b9-ee80057d4ce3",
}
NOTIFICATION_TYPES = {  # the filter of git.pullrequest.updated, by what happened
    "pushed": "PushNotification",
    "voted": "ReviewerVoteNotification",
    "reviewers": "ReviewersUpdateNotification",
    "completed": "StatusUpdateNotification",
    "abandoned": "StatusUpdateNotification",
    "reactivated": "StatusUpdateNotification",
}
UPDATES = {
    "pushed": "updated the source branch of the pull request",
    "voted": "has voted on the pull request",
    "reviewers": "has changed the reviewer list on the pull request",
    "completed": "marked the pull request as completed",
    "abandoned": "marked the pull request as abandoned",
    "reactivated": "reactivated the pull request",
}

COMMENT_CHANGES = {
    "edited": "edited a pull request comment",
    "deleted": "deleted a pull request comment",
}


class Comment(Protocol):
    """A comment, and below the thread that it is in: the subject of COMMENTED is the two of them."""

    number: int
    parent: int
    author: Identity
    content: str
    published: datetime
    updated: datetime  # when its text last changed; ``published`` where it never did
    kind: str
    is_deleted: bool


class Thread(Protocol):
    number: int
    pull_request: PullRequest


@dataclass(frozen=True)
class Details:
    """How much a subscription sends: ALL, MINIMAL or NONE of the resource, and which texts."""

    resource: str = ALL
    messages: str = ALL  # all | text | html | markdown | none
    detailed_messages: str = ALL


@dataclass(frozen=True)
class Subscriber:
    """For whom a body is made. A Test button has no subscription yet: NOBODY."""

    subscription_id: str = NOBODY
    notification_id: int = 0
    details: Details = Details()
    resource_version: str = "1.0"


class Address(Protocol):
    """What a body needs of the peer."""

    @property
    def address(self) -> str: ...


Resource = Callable[[Happening, str, str], Json]


def body(happening: Happening, devops: Address, subscriber: Subscriber) -> Json:
    """The JSON of one delivery of this event to this subscriber."""
    details, version, base = subscriber.details, subscriber.resource_version, devops.address
    is_test = subscriber.subscription_id == NOBODY
    texts = _texts(happening)
    shape = {
        "subscriptionId": subscriber.subscription_id,
        "notificationId": subscriber.notification_id,
        "id": TEST_EVENT_IDS.get(happening.event_type, happening.id) if is_test else happening.id,
        "eventType": happening.event_type,
        "publisherId": _publisher(happening.event_type),
        **_messages("message", texts[0], details.messages),
        **_messages("detailedMessage", texts[1], details.detailed_messages),
    }
    if details.resource != NONE:
        whole = RESOURCES[happening.event_type](happening, base, version)
        shape["resource"] = whole if details.resource == ALL else _minimal(whole)
    return shape | {
        "resourceVersion": version,
        "resourceContainers": _containers(_project(happening.subject), base),
        "createdDate": shapes.moment(happening.date),
    }


def pushed(happening: Happening, base: str, version: str) -> Json:
    """``commits`` is absent where the push brought none (a branch was deleted, a ref moved back)."""
    push: Push = happening.subject
    updates = [
        {"name": update.name, "oldObjectId": update.old, "newObjectId": update.new}
        for update in push.ref_updates
    ]
    commits = [_commit(commit) for commit in shapes.commits_of(push, base, len(push.commits))]
    return {
        **({"commits": commits} if commits else {}),
        "refUpdates": updates,
        "repository": _repository(push.repository, base),
        "pushedBy": shapes.identity_ref(push.pushed_by, base),
        "pushId": push.push_id,
        "date": shapes.moment(push.date),
        "url": f"{shapes.repository_url(push.repository, base)}/pushes/{push.push_id}",
    }


def pull_request(happening: Happening, base: str, version: str) -> Json:
    return _pull_request(happening.subject, base)


def commented(happening: Happening, base: str, version: str) -> Json:
    """2.0 has the comment beside its pull request; 1.0 is the comment alone, with links."""
    thread, comment = happening.subject
    told = _comment(thread, comment, base)
    if not version.startswith("2"):
        return told
    return {"comment": told, "pullRequest": _pull_request(thread.pull_request, base)}


def repository_changed(happening: Happening, base: str, version: str) -> Json:
    repository: Repository = happening.subject
    return {
        "repository": _repository(repository, base),
        "initiatedBy": shapes.identity_ref(happening.by, base),
        "utcTimestamp": shapes.moment(happening.date),
    }


RESOURCES: dict[str, Resource] = {
    "git.push": pushed,
    "git.pullrequest.created": pull_request,
    "git.pullrequest.updated": pull_request,
    "git.pullrequest.merged": pull_request,
    "git.repo.created": repository_changed,
    "git.repo.deleted": repository_changed,
    COMMENTED: commented,
    **pipeline_deliveries.RESOURCES,
}


def _publisher(event_type: str) -> str:
    return "pipelines" if event_type.startswith("ms.vss-pipeline") else "tfs"


def _project(subject: Any) -> Project:
    """Of the subject of an event: a comment has a thread, that has a pull request, and so on."""
    if isinstance(subject, tuple):
        return _project(subject[0])
    if isinstance(subject, Project):
        return subject
    for way in ("project", "repository", "pull_request", "run"):
        if hasattr(subject, way):
            return _project(getattr(subject, way))
    raise LookupError(f"{subject} belongs to no project")


def _containers(project: Project, base: str) -> Json:
    root = f"{base}/"
    return {
        "collection": {"id": COLLECTION_ID, "baseUrl": root},
        "account": {"id": ACCOUNT_ID, "baseUrl": root},
        "project": {"id": project.id, "baseUrl": root},
    }


def _messages(name: str, text: str, wanted: str) -> Json:
    if wanted == NONE:
        return {}
    kinds = ("text", "html", "markdown") if wanted == ALL else (wanted,)
    return {name: dict.fromkeys(kinds, text)}


def _minimal(whole: Json) -> Json:
    """The ids and addresses of the resource itself, and nothing of what they point to."""
    return {key: whole[key] for key in ("id", "pushId", "pullRequestId", "url") if key in whole}


def _texts(happening: Happening) -> tuple[str, str]:
    """The message, and the longer one."""
    if happening.event_type in pipeline_deliveries.RESOURCES:
        text = pipeline_deliveries.text(happening)
        return text, text
    who, subject = happening.by.display_name, happening.subject
    if isinstance(subject, Push):
        return _push_texts(who, subject)
    if isinstance(subject, PullRequest):
        return _pull_request_texts(who, happening)
    if isinstance(subject, Repository):
        text = f"A Git repository {subject.name} was {happening.event_type.rsplit('.', 1)[1]}."
        return text, text
    done = COMMENT_CHANGES.get(happening.what, "commented on a pull request")
    return f"{who} has {done}", f"{who} has {done}\r\n{subject[1].content}\r\n"


def _push_texts(who: str, push: Push) -> tuple[str, str]:
    name = push.repository.name
    refs = ", ".join(update.name.split("/", 2)[2] for update in push.ref_updates)
    lines = [push.repository.read(commit) for commit in push.commits]
    listed = "".join(f"\n - {line.comment} {line.id[:8]}" for line in lines if line is not None)
    noun = "commit" if len(push.commits) == 1 else "commits"
    return (
        f"{who} pushed updates to {refs}:{name}.",
        f"{who} pushed {len(push.commits)} {noun} to {refs}:{name}.{listed}",
    )


def _pull_request_texts(who: str, happening: Happening) -> tuple[str, str]:
    texts = {
        "git.pullrequest.created": "created a new pull request",
        "git.pullrequest.merged": "has created a pull request merge commit",
        "git.pullrequest.updated": UPDATES.get(happening.what, "updated the pull request"),
    }
    found: PullRequest = happening.subject
    text = f"{who} {texts[happening.event_type]}"
    merge = (
        f"- Merge status: {found.merge_status.capitalize()}\r\n- Merge commit: {found.merge_commit}"
    )
    return text, f"{text}\r\n\r\n{merge}\r\n"


def _commit(commit: Json) -> Json:
    return {key: commit[key] for key in ("commitId", "author", "committer", "comment", "url")}


def _repository(repository: Repository, base: str) -> Json:
    project, whole = repository.project, shapes.repository_ref(repository, base)
    told = {
        "id": project.id,
        "name": project.name,
        "url": f"{base}/_apis/projects/{project.id}",
        "state": "wellFormed",
        "visibility": "unchanged",
        "lastUpdateTime": NO_DATE,
    }
    kept = ("id", "name", "url", "defaultBranch", "remoteUrl")
    return {key: whole[key] for key in kept if key in whole} | {"project": told}


def _pull_request(found: PullRequest, base: str) -> Json:
    """As the API has it, with the newest commits and the page for people."""
    whole = shapes.pull_request_shape(found, base) | {
        "repository": _repository(found.repository, base)
    }
    if found.merge_commit is not None:
        whole["commits"] = [shapes.commit_link(found.last.source, found.repository, base)]
    web = f"{base}/{found.repository.project.name}/_git/{found.repository.name}/pullrequest/{found.number}"
    return whole | {
        "_links": {"web": {"href": web}, "statuses": {"href": f"{whole['url']}/statuses"}}
    }


def _comment(thread: Thread, comment: Comment, base: str) -> Json:
    """The text of a deleted comment is gone."""
    repository, number = thread.pull_request.repository, thread.pull_request.number
    place = shapes.repository_url(repository, base)
    threads = f"{place}/pullRequests/{number}/threads/{thread.number}"
    told = {
        "id": comment.number,
        "parentCommentId": comment.parent,
        "author": shapes.identity_ref(comment.author, base),
        "publishedDate": shapes.moment(comment.published),
        "lastUpdatedDate": shapes.moment(comment.updated),
        "lastContentUpdatedDate": shapes.moment(comment.updated),
        "commentType": comment.kind,
        "_links": {
            "self": {"href": f"{threads}/comments/{comment.number}"},
            "repository": {"href": place},
            "threads": {"href": threads},
        },
    }
    return told | ({"isDeleted": True} if comment.is_deleted else {"content": comment.content})
