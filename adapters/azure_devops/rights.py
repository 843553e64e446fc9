"""The rights that Sluss needs at Azure DevOps, as its own pages call them."""

from enum import StrEnum


class Right(StrEnum):
    """Named in the sentence of whoever is refused; docs/how_to/connect_azure_devops.md has all."""

    PROJECTS = "View project-level information"
    CODE = "Code: Read"
    STATUS = "Code: Contribute and Code: Status"
    PULL_REQUESTS = "Contribute to pull requests"
    TESTS = "Test runs: View and Create"
    BUILDS = "Builds: View"
    LIBRARY = "Reader of the variable groups (Pipelines, Library, Security)"
    ENDPOINTS = "Reader of the service connections (Project settings, Service connections)"
    HOOKS = "View subscriptions and Edit subscriptions (or project administrator)"
    PIPELINES = "Builds: View and Reader of the environments"
    APPROVALS = "Administrator of the environment, or one of its approvers"
    SELF = "a member of the organisation with the access level Basic"
