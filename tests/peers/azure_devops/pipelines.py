"""Pipelines of a project and their runs (which the older API calls builds), with their stages."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4
from weakref import WeakKeyDictionary

from tests.peers.azure_devops.happenings import Happening
from tests.peers.azure_devops.identities import Identity, build_service
from tests.peers.azure_devops.repositories import HEADS, Repository
from tests.peers.azure_devops.world import Project

BUILD_COMPLETE = "build.complete"
RUN_CHANGED = "ms.vss-pipelines.run-state-changed-event"
STAGE_CHANGED = "ms.vss-pipelines.stage-state-changed-event"
RESULTS = ("succeeded", "partiallySucceeded", "failed", "canceled")

_pipelines: WeakKeyDictionary[Project, list["Pipeline"]] = WeakKeyDictionary()


def pipelines_of(project: Project) -> list["Pipeline"]:
    return _pipelines.setdefault(project, [])


def runs_of(project: Project) -> list["Run"]:
    return [run for pipeline in pipelines_of(project) for run in pipeline.runs]


@dataclass(eq=False)
class Pipeline:
    """One YAML pipeline; it is its project's from the moment it is made."""

    project: Project
    name: str
    repository: Repository
    folder: str = "\\"
    revision: int = 1
    runs: list["Run"] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.number: int = self.project.world.next_id()
        pipelines_of(self.project).append(self)

    @property
    def agent(self) -> Identity:
        """Whose rights the jobs have."""
        return build_service(self.project.name, self.project.world.organisation)

    def run(
        self,
        *,
        by: Identity,
        branch: str = "main",
        commit: str | None = None,
        reason: str = "individualCI",
    ) -> "Run":
        """Start one for a commit, of the branch's head if none is said; ``by`` is who it is for."""
        made = self.project.world
        head = commit or self.repository.head(branch)
        assert head is not None, f"{branch} is not there"
        with made.lock:
            run = Run(self, HEADS + branch, head, by, reason, made.now())
            self.runs.append(run)
            run.tell(RUN_CHANGED)
            return run


@dataclass(eq=False)
class Stage:
    """``state`` is pending (it waits for its checks), running or completed."""

    run: "Run"
    name: str
    display_name: str
    environment: Any = None  # Environment; it imports this module
    state: str = "pending"
    result: str | None = None
    attempt: int = 1
    checkpoint: list[Any] = field(default_factory=list)  # the approvals and checks to pass
    id: str = field(default_factory=lambda: str(uuid4()))
    checkpoint_id: str = field(default_factory=lambda: str(uuid4()))

    def look(self) -> None:
        """Go on when every check has passed; fail with the first that has not, skip out of time."""
        if self.state != "pending":
            return
        outcomes = {gate.outcome for gate in self.checkpoint}
        if outcomes <= {"succeeded"}:
            self._change("running", None)
        elif refused := outcomes - {"succeeded", None}:
            is_refused = bool(refused - {"skipped"})
            self._change("completed", "failed" if is_refused else "skipped")
            if is_refused:
                self.run.finish("failed")

    def finish(self, result: str = "succeeded") -> None:
        self._change("completed", result)

    def _change(self, state: str, result: str | None) -> None:
        self.state, self.result = state, result
        self.run.pipeline.project.world.tell(Happening(STAGE_CHANGED, self, self.run.requested_for))


@dataclass
class Artifact:
    name: str
    files: dict[str, bytes]
    id: int


@dataclass(eq=False)
class Run:
    """``state`` is inProgress, cancelling or completed; a build says the same in other words."""

    pipeline: Pipeline
    branch: str  # with refs/heads/
    commit: str | None  # None where the build does not say what it was of
    requested_for: Identity
    reason: str
    created: datetime
    state: str = "inProgress"
    result: str | None = None
    finished: datetime | None = None
    stages: list[Stage] = field(default_factory=list)
    artifacts: list[Artifact] = field(default_factory=list)
    plan_id: str = field(default_factory=lambda: str(uuid4()))
    timeline_id: str = field(default_factory=lambda: str(uuid4()))

    def __post_init__(self) -> None:
        self.number: int = self.project.world.next_id()
        today = [run for run in self.pipeline.runs if run.created.date() == self.created.date()]
        self.name = f"{self.created:%Y%m%d}.{len(today) + 1}"

    @property
    def project(self) -> Project:
        return self.pipeline.project

    @property
    def repository(self) -> Repository:
        return self.pipeline.repository

    @property
    def uri(self) -> str:
        return f"vstfs:///Build/Build/{self.number}"

    @property
    def agent(self) -> Identity:
        return self.pipeline.agent

    def stage(self, name: str, *, display_name: str = "", environment: Any = None) -> Stage:
        """Come to a stage; one with an environment waits for the environment's checks."""
        with self.project.world.lock:
            stage = Stage(self, name, display_name or name, environment)
            self.stages.append(stage)
            if environment is not None:
                stage.checkpoint = environment.ask(stage)
            stage.look()
            return stage

    def publish_artifact(self, name: str, files: dict[str, bytes]) -> Artifact:
        made = Artifact(name, files, self.project.world.next_id())
        self.artifacts.append(made)
        return made

    def finish(self, result: str = "succeeded") -> None:
        """End it; whatever still waits is cancelled with it."""
        assert result in RESULTS
        with self.project.world.lock:
            if self.state == "completed":
                return
            self.state, self.result, self.finished = "completed", result, self.project.world.now()
            for gate in [gate for stage in self.stages for gate in stage.checkpoint]:
                gate.cancel()
            self.tell(RUN_CHANGED)
            self.tell(BUILD_COMPLETE)

    def cancel(self) -> None:
        self.finish("canceled")

    def tell(self, event_type: str) -> None:
        self.project.world.tell(Happening(event_type, self, self.requested_for))
