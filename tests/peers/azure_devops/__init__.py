"""A peer of Azure DevOps on loopback: the REST API for the real SDK, and real git beside it."""

from tests.peers.azure_devops.access import Right
from tests.peers.azure_devops.identities import (
    Identity,
    build_service,
    group,
    person,
    service_principal,
)
from tests.peers.azure_devops.peer import AzureDevOpsPeer
from tests.peers.azure_devops.pull_requests import PullRequest
from tests.peers.azure_devops.refusals import RefusedError
from tests.peers.azure_devops.repositories import Push, Repository
from tests.peers.azure_devops.world import Project

__all__ = [
    "AzureDevOpsPeer",
    "Identity",
    "Project",
    "PullRequest",
    "Push",
    "RefusedError",
    "Repository",
    "Right",
    "build_service",
    "group",
    "person",
    "service_principal",
]
