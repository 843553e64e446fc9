"""A repository and a commit of it: what calls name, and what their errors say is not there."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from azure.devops.v7_1.git.models import (  # type: ignore[import-untyped]
    GitQueryCommitsCriteria,
)

from adapters.azure_devops.client import AzureDevOps
from adapters.azure_devops.errors import NotThereError
from adapters.azure_devops.rights import Right
from adapters.git.command import commit_id
from core.errors import CommitGoneError, UnknownNameError
from core.platform import canonical_id

OF_COMMITS: Final = ("Commit", "Object", "VersionDescriptor")
OF_REPOSITORIES: Final = ("GitRepository", "Project")
GONE: Final = (
    "Azure DevOps has no commit {commit} in the repository {repository}. Nothing was said about "
    "it; push it again or a newer one."
)


@contextmanager
def about(repository: str, commit: str | None = None) -> Iterator[str]:
    """Raise CommitGoneError or UnknownNameError for what Azure DevOps says is not there.

    Yield the repository's id in its usual spelling.
    """
    if commit is not None:
        commit_id(commit)
    try:
        yield canonical_id(repository)
    except NotThereError as error:
        if any(word in error.key for word in OF_REPOSITORIES):
            raise UnknownNameError("repository at Azure DevOps", repository) from error
        if commit and any(word in error.key for word in OF_COMMITS):
            raise gone(repository, commit) from error
        raise


async def refuse_gone(azure_devops: AzureDevOps, repository: str, commits: list[str]) -> None:
    """Raise CommitGoneError for a commit that is not there."""
    criteria = GitQueryCommitsCriteria(ids=commits)
    found = await azure_devops.ask(
        Right.CODE,
        f"look up commits of repository {repository}",
        lambda sdk: sdk.git.get_commits_batch(criteria, repository, top=len(commits)),
    )
    there = {str(each.commit_id).lower() for each in found}
    for commit in commits:
        if commit not in there:
            raise gone(repository, commit)


def gone(repository: str, commit: str) -> CommitGoneError:
    return CommitGoneError(GONE.format(commit=commit[:80], repository=repository))
