"""The threads of a pull request: opened, answered, closed and deleted, by people and by us.

https://learn.microsoft.com/rest/api/azure/devops/git/pull-request-threads
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from tests.peers.azure_devops import shapes
from tests.peers.azure_devops.access import Right
from tests.peers.azure_devops.happenings import Happening
from tests.peers.azure_devops.identities import Identity
from tests.peers.azure_devops.pull_requests import PullRequest
from tests.peers.azure_devops.refusals import RefusedError, invalid
from tests.peers.azure_devops.rest_pull_requests import IN_PULL_REQUEST
from tests.peers.azure_devops.routes import Call, Location, Routes

COMMENTED = "ms.vss-code.git-pullrequest-comment-event"
THREADS = Location(
    "ab6e2e5d-a0b7-4153-b64a-a4efe0d49449",
    "git",
    "pullRequestThreads",
    IN_PULL_REQUEST + "threads/{threadId}",
    is_across_projects=True,
)
COMMENTS = Location(
    "965a3ec7-5ed8-455a-bdcb-835a5ea7fe7b",
    "git",
    "pullRequestThreadComments",
    IN_PULL_REQUEST + "threads/{threadId}/comments/{commentId}",
    is_across_projects=True,
)
STATUSES = ("unknown", "active", "fixed", "wontFix", "closed", "byDesign", "pending")
LONGEST = 150_000  # letters of a comment
MOST_COMMENTS = 500  # of a thread
Json = dict[str, Any]
routes = Routes()


@dataclass(eq=False)
class Comment:
    number: int
    author: Identity
    content: str
    published: datetime
    updated: datetime  # the content
    parent: int = 0
    kind: str = "text"
    is_deleted: bool = False


@dataclass(eq=False)
class Thread:
    """``context`` and ``iterations`` are as they were sent."""

    number: int
    pull_request: PullRequest
    status: str
    context: Json | None = None
    iterations: Json | None = None
    properties: Json = field(default_factory=dict)
    comments: list[Comment] = field(default_factory=list)
    published: datetime | None = None
    updated: datetime | None = None

    @property
    def is_deleted(self) -> bool:
        """A thread is deleted with the last of its comments."""
        return all(comment.is_deleted for comment in self.comments)

    @property
    def text(self) -> str:
        return self.comments[0].content

    def say(self, content: str, *, by: Identity, parent: int = 0, kind: str = "text") -> Comment:
        now = self.pull_request.repository.world.now()
        made = Comment(len(self.comments) + 1, by, content, now, now, parent, kind)
        self.comments.append(made)
        self.updated = now
        self.pull_request.repository.world.tell(Happening(COMMENTED, (self, made), by, "added"))
        return made


_threads: WeakKeyDictionary[PullRequest, list[Thread]] = WeakKeyDictionary()


def threads_of(pull_request: PullRequest) -> list[Thread]:
    return _threads.setdefault(pull_request, [])


def open_thread(
    pull_request: PullRequest, content: str, *, by: Identity, status: str = "active", **more: Any
) -> Thread:
    """As a person does it; ``more`` is context, iterations, properties."""
    world = pull_request.repository.world
    with world.lock:
        made = Thread(len(threads_of(pull_request)) + 1, pull_request, status, **more)
        made.published = made.updated = world.now()
        threads_of(pull_request).append(made)
        made.say(content, by=by)
        return made


@routes.on("GET", THREADS, right=Right.CODE_READ)
def threads(call: Call) -> list[Json]:
    """All of them at once, the deleted ones without their words."""
    return [_shape(thread, call.base) for thread in threads_of(call.pull_request)]


@routes.on("GET", THREADS, "threadId", right=Right.CODE_READ)
def one(call: Call) -> Json:
    return _shape(_thread(call), call.base)


@routes.on("POST", THREADS, right=Right.PULL_REQUESTS)
def create(call: Call) -> Json:
    body = call.body
    words = [_content(comment) for comment in body.get("comments") or ()]
    if not words:
        raise invalid("A comment thread must have at least one comment.", "ArgumentException")
    _refuse_bad_place(body.get("threadContext"))
    made = open_thread(
        call.pull_request,
        words[0],
        by=call.identity,
        status=_status(body.get("status", "active")),
        context=body.get("threadContext"),
        iterations=_iterations(body.get("pullRequestThreadContext"), call),
        properties=_properties(body.get("properties")),
    )
    for each in words[1:]:
        made.say(each, by=call.identity)
    return _shape(made, call.base)


@routes.on("PATCH", THREADS, "threadId", right=Right.PULL_REQUESTS)
def update(call: Call) -> Json:
    """Change its status and its properties; its words are changed at the comment."""
    found, body = _thread(call), call.body
    if found.is_deleted:
        raise _no_thread(found.number)
    if "status" in body:
        found.status = _status(body["status"])
    found.properties |= _properties(body.get("properties"))
    found.updated = call.world.now()
    return _shape(found, call.base)


@routes.on("GET", COMMENTS, right=Right.CODE_READ)
def comments(call: Call) -> list[Json]:
    return [_comment_shape(comment, call.base) for comment in _thread(call).comments]


@routes.on("GET", COMMENTS, "commentId", right=Right.CODE_READ)
def comment(call: Call) -> Json:
    return _comment_shape(_comment(call), call.base)


@routes.on("POST", COMMENTS, right=Right.PULL_REQUESTS)
def answer(call: Call) -> Json:
    found, body = _thread(call), call.body
    if found.is_deleted:
        raise _no_thread(found.number)
    if len(found.comments) >= MOST_COMMENTS:
        raise invalid(f"A thread can have at most {MOST_COMMENTS} comments.")
    parent = int(body.get("parentCommentId") or 0)
    if parent and not any(known.number == parent for known in found.comments):
        raise invalid(f"The parent comment {parent} does not exist.")
    return _comment_shape(found.say(_content(body), by=call.identity, parent=parent), call.base)


@routes.on("PATCH", COMMENTS, "commentId", right=Right.PULL_REQUESTS)
def edit(call: Call) -> Json:
    """Only its author may, whatever rights somebody else has."""
    found = _comment(call)
    _refuse_others(found, call)
    found.content, found.updated = _content(call.body), call.world.now()
    call.world.tell(Happening(COMMENTED, (_thread(call), found), call.identity, "edited"))
    return _comment_shape(found, call.base)


@routes.on("DELETE", COMMENTS, "commentId", right=Right.PULL_REQUESTS)
def delete(call: Call) -> None:
    found = _comment(call)
    _refuse_others(found, call)
    found.is_deleted = True
    call.world.tell(Happening(COMMENTED, (_thread(call), found), call.identity, "deleted"))


def _thread(call: Call) -> Thread:
    number = int(call.values["threadId"])
    for found in threads_of(call.pull_request):
        if found.number == number:
            return found
    raise _no_thread(number)


def _no_thread(number: int) -> RefusedError:
    return RefusedError(
        404, "GitPullRequestCommentThreadNotFoundException",
        f"The pull request comment thread {number} was not found.",
    )  # fmt: skip


def _comment(call: Call) -> Comment:
    number = int(call.values["commentId"])
    for found in _thread(call).comments:
        if found.number == number:
            return found
    raise RefusedError(
        404, "GitPullRequestCommentNotFoundException", f"The comment {number} was not found."
    )


def _refuse_others(found: Comment, call: Call) -> None:
    if found.author != call.identity or found.is_deleted:
        raise RefusedError(
            403, "CommentUpdateNotAllowedException",
            "VS403404: Only the author of a comment may change or delete it.",
        )  # fmt: skip


def _content(body: Json) -> str:
    content = body.get("content")
    if not isinstance(content, str) or not content.strip():
        raise invalid("The comment content must not be empty.", "ArgumentException")
    if len(content) > LONGEST:
        raise invalid(f"The comment content is longer than {LONGEST} characters.")
    return content


def _status(value: Any) -> str:
    if isinstance(value, int) and 0 <= value < len(STATUSES):
        return STATUSES[value]
    for known in STATUSES:
        if str(value).lower() == known.lower():
            return known
    raise invalid(f"The value '{value}' is not valid for status.")


def _refuse_bad_place(context: Json | None) -> None:
    """A place has a path; a position has both ends, and lines and letters that count from 1."""
    if context is None:
        return
    if not context.get("filePath"):
        raise invalid("threadContext.filePath must not be empty.", "ArgumentException")
    for side in ("left", "right"):
        ends = [context.get(f"{side}File{end}") for end in ("Start", "End")]
        if any(ends) and not all(ends):
            raise invalid(f"{side}FileStart and {side}FileEnd must come together.")
        for place in filter(None, ends):
            if place.get("line", 0) < 1 or place.get("offset", 0) < 1:
                raise invalid("The position of a comment is out of range.")


def _iterations(context: Json | None, call: Call) -> Json | None:
    given = (context or {}).get("iterationContext") or {}
    known = {iteration.id for iteration in call.pull_request.iterations}
    for name in ("firstComparingIteration", "secondComparingIteration"):
        if given and given.get(name) not in known:
            raise invalid(f"{name} {given.get(name)} is no iteration of the pull request.")
    return context


def _properties(given: Json | None) -> Json:
    """A value is sent bare or with its type, and is told with it."""
    told = {}
    for name, value in (given or {}).items():
        bare = value["$value"] if isinstance(value, dict) else value
        told[name] = {"$type": "System.String", "$value": str(bare)}
    return told


def _shape(thread: Thread, base: str) -> Json:
    assert thread.published is not None
    assert thread.updated is not None
    return {
        "id": thread.number,
        "pullRequestThreadContext": thread.iterations,
        "threadContext": thread.context,
        "publishedDate": shapes.moment(thread.published),
        "lastUpdatedDate": shapes.moment(thread.updated),
        "status": thread.status,
        "properties": thread.properties,
        "identities": None,
        "isDeleted": thread.is_deleted,
        "comments": [_comment_shape(comment, base) for comment in thread.comments],
    }


def _comment_shape(comment: Comment, base: str) -> Json:
    shape = {
        "id": comment.number,
        "parentCommentId": comment.parent,
        "author": shapes.identity_ref(comment.author, base),
        "publishedDate": shapes.moment(comment.published),
        "lastUpdatedDate": shapes.moment(comment.updated),
        "lastContentUpdatedDate": shapes.moment(comment.updated),
        "commentType": comment.kind,
        "usersLiked": [],
    }
    if comment.is_deleted:
        return shape | {"isDeleted": True}
    return shape | {"content": comment.content}
