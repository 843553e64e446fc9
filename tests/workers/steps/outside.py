"""The platform, registry and tracking of one release, as the steps find them; each can be spoilt."""

import hashlib
from collections.abc import Mapping

from core.artifact import Artifact
from core.errors import UnavailableError, UnknownNameError
from core.ports import RunLook, RunOutcome, RunState
from core.results import Registered
from core.words import RunId, Stage
from tests.model_repos import FILES

SOURCES = {path: text.encode() for path, text in FILES.items() if path.startswith("src/")}
ENDED = RunLook(state=RunState.SUCCEEDED, outcome=RunOutcome(rows=5, artifact_digest="a1"))


def carrying(sources: Mapping[str, bytes] = SOURCES, digest: str = "a1") -> Artifact:
    """An artifact with this code in it."""
    files = {f"code/{path}": hashlib.sha256(text).hexdigest() for path, text in sources.items()}
    return Artifact(digest=digest, files={"MLmodel": "0" * 64, **files}, source="models:/m-1")


class Outside:
    """A run goes on until its end is set, and reads are counted."""

    def __init__(self) -> None:
        self.end: RunLook | None = None
        self.artifact: Artifact | Exception = carrying()
        self.model: Artifact | Exception = carrying()
        self.registered = Registered(version="1", artifact_digest="a1")
        self.held: dict[Stage, str] = {}
        self.breaks = self.breaks_after = False
        self.is_run_there = True
        self.reads = 0
        self.placed: list[tuple[str, Stage]] = []
        self.tags: dict[str, str] = {}
        self.marked: list[str] = []
        self.says_no: Exception | None = None

    async def start(self, _spec) -> RunId:
        return RunId("outside/1")

    async def look(self, _run) -> RunLook:
        return self.end or RunLook(state=RunState.RUNNING)

    async def log(self, _run, _offset) -> bytes:
        return b""

    async def open_run(self, _model, _release, _tags) -> str:
        return "run1"

    async def mark(self, _run, state) -> None:
        if self.says_no is not None:
            raise self.says_no
        self.marked.append(state)

    async def logged(self, _run) -> Artifact:
        return _told(self.model)

    async def read(self, _model, _version) -> Artifact:
        self.reads += 1
        return _told(self.artifact)

    async def register(self, _model, _release, _run, tags) -> Registered:
        self.tags = tags
        return self.registered

    async def holders(self, _model) -> dict[Stage, str]:
        return {**self.held, **{stage: version for version, stage in self.placed}}

    async def metrics(self, run) -> dict[str, float]:
        if not self.is_run_there:
            raise UnknownNameError("run", run)
        return {"auc": 0.7}

    async def place(self, _model, version, stage, _release) -> str:
        if self.breaks:
            raise UnavailableError
        self.placed.append((version, stage))
        if self.breaks_after:
            raise UnavailableError
        return ""


def _told(found: Artifact | Exception) -> Artifact:
    if isinstance(found, Exception):
        raise found
    return found
