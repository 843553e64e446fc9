"""Comments of pull requests: read as they are now, and answered once in their thread."""

from datetime import datetime
from typing import Any, Final

from azure.devops.v7_1.git.models import Comment  # type: ignore[import-untyped]

from adapters.azure_devops.accounts import account_of
from adapters.azure_devops.client import AzureDevOps
from adapters.azure_devops.errors import NotThereError
from adapters.azure_devops.own_identity import OwnIdentity
from adapters.azure_devops.rights import Right
from core.platform import canonical_id
from core.ports import SaidComment

OURS: Final = "<!-- sluss:"
ANSWERED: Final = f"{OURS}answer "
ANSWER: Final = ANSWERED + "{comment} -->"
MOST_ANSWERS: Final = 30  # in one thread


class Comments:
    def __init__(self, azure_devops: AzureDevOps, identity: OwnIdentity) -> None:
        self._azure_devops = azure_devops
        self._identity = identity

    async def find(
        self, repository: str, pull_request: int, thread: int, comment: int
    ) -> SaidComment | None:
        place = _place(repository, pull_request, thread)
        try:
            found = await self._azure_devops.ask(
                Right.CODE,
                f"read comment {comment} of {place}",
                lambda sdk: sdk.git.get_comment(repository, pull_request, thread, comment),
            )
        except NotThereError:
            return None
        if not is_said(found):
            return None
        return SaidComment(
            author=account_of(found.author),
            text=found.content or "",
            is_edited=is_edited(found),
            is_ours=await self._is_ours(found) or OURS in (found.content or ""),
            commit=await self._seen(repository, pull_request, found.published_date),
        )

    async def answer(
        self, repository: str, pull_request: int, thread: int, comment: int, text: str
    ) -> None:
        place = _place(repository, pull_request, thread)
        marker = ANSWER.format(comment=comment)
        found = await self._azure_devops.ask(
            Right.CODE,
            f"read {place}",
            lambda sdk: sdk.git.get_pull_request_thread(repository, pull_request, thread),
        )
        said = [each for each in found.comments or () if ANSWERED in (each.content or "")]
        ours = [each.content for each in said if await self._is_ours(each)]
        if len(ours) >= MOST_ANSWERS or any(marker in each for each in ours):
            return
        answer = Comment(
            content=f"{text}\n\n{marker}", parent_comment_id=comment, comment_type="text"
        )
        await self._azure_devops.ask(
            Right.PULL_REQUESTS,
            f"answer in {place}",
            lambda sdk: sdk.git.create_comment(answer, repository, pull_request, thread),
        )

    async def _is_ours(self, comment: Any) -> bool:
        return canonical_id(str(comment.author.id)) == await self._identity.id()

    async def _seen(self, repository: str, pull_request: int, written: datetime) -> str:
        """What was the newest commit when the comment was written; its delivery may be late."""
        iterations = await self._azure_devops.ask(
            Right.CODE,
            f"read the pushes of pull request {pull_request} of repository {repository}",
            lambda sdk: sdk.git.get_pull_request_iterations(repository, pull_request),
        )
        seen = (each for each in iterations if each.created_date <= written)
        newest = max(seen, key=lambda each: int(each.id), default=None)
        head = newest and newest.source_ref_commit
        return str(head.commit_id).lower() if head else ""


def is_said(comment: Any) -> bool:
    """Whether it is there still, and the host says of it by whom and when it was written."""
    return not comment.is_deleted and bool(comment.author) and bool(comment.published_date)


def is_edited(comment: Any) -> bool:
    written, changed = comment.published_date, comment.last_content_updated_date
    return written is not None and changed is not None and changed > written


def _place(repository: str, pull_request: int, thread: int) -> str:
    return f"thread {thread} of pull request {pull_request} of repository {repository}"
