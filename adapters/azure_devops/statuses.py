"""The gate's word as a status: at the commit, and at the open pull requests that it is the head of.

Azure DevOps adds each status to those before, and shows the newest of a context.
https://learn.microsoft.com/rest/api/azure/devops/git/statuses
"""

from typing import Any, Final
from urllib.parse import urlsplit

from azure.devops.v7_1.git.models import (  # type: ignore[import-untyped]
    GitPullRequestStatus,
    GitStatus,
    GitStatusContext,
)

from adapters.azure_devops.client import AzureDevOps
from adapters.azure_devops.pull_requests import OpenPullRequest, PullRequests
from adapters.azure_devops.rights import Right
from core.ports import CommitState, CommitStatus

GENRE: Final = "sluss"
NAME: Final = "gate"
STATES: Final = {
    CommitState.PENDING: "pending",
    CommitState.SUCCEEDED: "succeeded",
    CommitState.FAILED: "failed",
    CommitState.NOT_APPLICABLE: "notApplicable",
}
LONGEST: Final = 500  # letters; a list of statuses shows one line
LOOKED_AT: Final = 100  # of the newest contexts of a commit


class Statuses:
    def __init__(self, azure_devops: AzureDevOps, pull_requests: PullRequests) -> None:
        self._azure_devops = azure_devops
        self._pull_requests = pull_requests

    async def show(self, repository: str, commit: str, status: CommitStatus) -> None:
        """Write it where it is not the newest already."""
        await self._at_commit(repository, commit, status)
        for pull_request in await self._pull_requests.open_at(repository, commit):
            await self._at_pull_request(pull_request, status)

    async def _at_commit(self, repository: str, commit: str, status: CommitStatus) -> None:
        place = f"commit {commit} of repository {repository}"
        shown = await self._azure_devops.ask(
            Right.CODE,
            f"read the status of {place}",
            lambda sdk: sdk.git.get_statuses(commit, repository, top=LOOKED_AT, latest_only=True),
        )
        if not _is_newest(shown, status):
            await self._azure_devops.ask(
                Right.STATUS,
                f"show the gate's status at {place}",
                lambda sdk: sdk.git.create_commit_status(
                    GitStatus(**_fields(status)), commit, repository
                ),
            )

    async def _at_pull_request(self, place: OpenPullRequest, status: CommitStatus) -> None:
        """It is said of the iteration, so that it is not taken for that of a newer commit."""
        shown = await self._azure_devops.ask(
            Right.CODE,
            f"read the statuses of {place.name}",
            lambda sdk: sdk.git.get_pull_request_statuses(place.repository, place.number),
        )
        of_this = [each for each in shown if each.iteration_id == place.iteration]
        if not _is_newest(of_this, status):
            made = GitPullRequestStatus(iteration_id=place.iteration, **_fields(status))
            await self._azure_devops.ask(
                Right.STATUS,
                f"show the gate's status at {place.name}",
                lambda sdk: sdk.git.create_pull_request_status(
                    made, place.repository, place.number
                ),
            )


def _fields(status: CommitStatus) -> dict[str, Any]:
    return {
        "state": STATES[status.state],
        "description": _description(status),
        "context": GitStatusContext(genre=GENRE, name=NAME),
        "target_url": _url(status),
    }


def _is_newest(shown: Any, status: CommitStatus) -> bool:
    ours = [each for each in shown if _is_ours(each.context)]
    newest = max(ours, key=lambda each: int(each.id or 0), default=None)
    if newest is None:
        return False
    said = (newest.state, newest.description or "", newest.target_url or "")
    return said == (STATES[status.state], _description(status), _url(status) or "")


def _is_ours(context: Any) -> bool:
    return context is not None and (context.genre or "", context.name) == (GENRE, NAME)


def _description(status: CommitStatus) -> str:
    return status.text[:LONGEST]


def _url(status: CommitStatus) -> str | None:
    """Azure DevOps takes absolute addresses only."""
    return status.url if urlsplit(status.url).scheme in {"http", "https"} else None
