"""What Azure DevOps itself says of a comment that a delivery told of.

A comment that is not there must not take the id of one that is still to be written: with it, the
real one would be known already, and stay without an answer.
"""

from datetime import UTC
from typing import Any, Final

from adapters.azure_devops.accounts import account_of
from adapters.azure_devops.client import AzureDevOps
from adapters.azure_devops.comments import is_edited, is_said
from adapters.azure_devops.errors import NotThereError
from adapters.azure_devops.rights import Right
from adapters.azure_devops.sdk import Sdk
from core.events.base import Event
from core.events.outside import DeliveryIgnored, PullRequestCommented
from core.git_events import SeenComment, commented, in_repository, unconfirmed

NO_PULL_REQUEST: Final = (
    "Azure DevOps has no pull request {number} there: it is not its delivery, or hides the "
    "repository from us"
)
NO_COMMENT: Final = (
    "Azure DevOps has no comment {comment} in thread {thread} of pull request {number} there: it "
    "is not its delivery, was deleted since, or hides the repository from us"
)


class CommentEvents:
    def __init__(self, azure_devops: AzureDevOps) -> None:
        self._azure_devops = azure_devops

    async def confirmed(self, event: PullRequestCommented) -> Event:
        """Return the event with what the host says, or a DeliveryIgnored that says why not."""
        try:
            placed = event if event.repository else await self._placed(event)
        except NotThereError:
            return unconfirmed(event, NO_PULL_REQUEST.format(number=event.pull_request))
        about = {"number": event.pull_request, "thread": event.thread, "comment": event.comment}
        try:
            found = await self._read(placed)
        except NotThereError:
            return unconfirmed(event, NO_COMMENT.format(**about))
        if not is_said(found):
            return unconfirmed(event, NO_COMMENT.format(**about))
        said = commented(_seen(placed, found))
        return unconfirmed(event, said.reason) if isinstance(said, DeliveryIgnored) else said

    async def _placed(self, event: PullRequestCommented) -> PullRequestCommented:
        """The first version of the event does not say in which repository it was written."""
        number = event.pull_request

        def call(sdk: Sdk) -> Any:
            return sdk.git.get_pull_request_by_id(number, event.project or None)

        found = await self._azure_devops.ask(Right.CODE, f"read pull request {number}", call)
        return in_repository(event, found.repository.id)

    async def _read(self, event: PullRequestCommented) -> Any:
        place = (event.repository, event.pull_request, event.thread, event.comment)
        what = f"read comment {event.comment} of pull request {event.pull_request}"
        return await self._azure_devops.ask(
            Right.CODE, what, lambda sdk: sdk.git.get_comment(*place)
        )


def _seen(event: PullRequestCommented, found: Any) -> SeenComment:
    return SeenComment(
        repository=event.repository,
        pull_request=event.pull_request,
        thread=event.thread,
        comment=event.comment,
        author=account_of(found.author),
        text=found.content or "",
        time=found.published_date.astimezone(UTC),
        edited=found.last_content_updated_date if is_edited(found) else None,
    )
