"""Azure DevOps service hooks become events: one file per kind of thing that it tells of."""

from handlers.azure_devops import (
    approvals,
    builds,
    classic_releases,
    comments,
    pull_requests,
    pushes,
    runs,
)
from handlers.azure_devops.hook import source

__all__ = [
    "approvals",
    "builds",
    "classic_releases",
    "comments",
    "pull_requests",
    "pushes",
    "runs",
    "source",
]
