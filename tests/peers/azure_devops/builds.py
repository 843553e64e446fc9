"""Builds for those who need no more of them: of which commit they were, and how they ended."""

from tests.peers.azure_devops.pipelines import Pipeline, Run, pipelines_of, runs_of
from tests.peers.azure_devops.repositories import HEADS, Repository
from tests.peers.azure_devops.world import Project

Build = Run
builds_of = runs_of


def built(
    repository: Repository,
    commit: str | None,
    *,
    pipeline: int = 1,
    status: str = "completed",
    result: str | None = "succeeded",
) -> Run:
    """One of the project's numbered pipelines ran for the commit; it has ended if nothing else is said."""
    world = repository.world
    with world.lock:
        used = _pipeline(repository, f"pipeline {pipeline}")
        run = Run(
            used, HEADS + repository.default_branch, commit, used.agent, "individualCI", world.now()
        )
        run.state, run.result = status, result
        run.finished = world.now() if status == "completed" else None
        used.runs.append(run)
        return run


def _pipeline(repository: Repository, name: str) -> Pipeline:
    project = repository.project
    assert isinstance(project, Project)
    for found in pipelines_of(project):
        if (found.name, found.repository) == (name, repository):
            return found
    return Pipeline(project, name, repository)
