"""Build the one-machine parts from the settings: one adapter for every port."""

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from adapters.bare_repositories.host import BareRepositories
from adapters.clone_index.index import CloneIndexFile
from adapters.local_files.evidence import EvidenceFolder
from adapters.local_files.people import PeopleFile
from adapters.local_runs import LocalRuns
from adapters.mlflow.registry import MlflowRegistry, configure
from adapters.mlflow.server import MLflowServer
from adapters.sql_store import SqlStore
from adapters.sqlite_queue.queue import SqliteQueue
from core.errors import SettingsError
from core.handle import Handle
from core.ports.sandbox import FindSandbox
from sluss.home.settings import Settings
from sluss.wiring.gate_parts import OneSandbox
from sluss.wiring.live_platform import LivePlatform
from sluss.wiring.lock import Role
from workers.gate.checks import CHECKS


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the rooms work with, built once. ``mlflow`` is None where another serves."""

    settings: Settings
    store: SqlStore
    events: SqliteQueue
    jobs: SqliteQueue
    evidence: EvidenceFolder
    git: BareRepositories
    directory: PeopleFile
    registry: MlflowRegistry
    ml_platform: LocalRuns
    clones: CloneIndexFile
    mlflow: MLflowServer | None
    mlflow_url: str
    handle: Handle
    clock: Callable[[], datetime]
    find_sandbox: FindSandbox

    async def close(self) -> None:
        """MLflow stays up: the next start adopts it. ``sluss down`` ends it."""
        await self.registry.close()
        for part in (self.events, self.jobs, self.store, self.clones):
            await part.close()


def now() -> datetime:
    return datetime.now(UTC)


async def build(settings: Settings, role: Role) -> Parts:
    """Start MLflow without waiting for it, where work is done; open everything else."""
    configure(os.environ)  # MLflow's client takes its patience from there only
    home, files = settings.home, settings.files
    if strange := files.policy.unknown_checks([known.id for known in CHECKS]):
        raise SettingsError(f"{' '.join(strange)} Nothing was started; mend policy.yml.")
    is_worker = Role.WORKER in role.parts
    mlflow = MLflowServer(home) if is_worker and not settings.mlflow_url else None
    if mlflow is not None:
        await mlflow.start()
    url = settings.mlflow_url or (mlflow.uri if mlflow else "")
    store = SqlStore(f"sqlite:///{home / 'store.db'}")
    handle = Handle(
        store,
        platform=LivePlatform(home).now,
        policy=files.policy,
        clock=now,
        is_local=settings.is_local,
    )
    find_sandbox = OneSandbox(home).found
    return Parts(
        settings=settings,
        store=store,
        events=SqliteQueue(home / "events.db", "events"),
        jobs=SqliteQueue(home / "jobs.db", "jobs"),
        evidence=EvidenceFolder(home / "evidence"),
        git=BareRepositories(lambda found: _folder(handle, found), files.variables),
        directory=PeopleFile(files.people),
        registry=MlflowRegistry(url),
        ml_platform=_runs(settings, url, find_sandbox),
        clones=CloneIndexFile(home / "clones.db"),
        mlflow=mlflow,
        mlflow_url=url,
        handle=handle,
        clock=now,
        find_sandbox=find_sandbox,
    )


def _folder(handle: Handle, host_id: str) -> Path | None:
    known = handle.platform.repository(host_id)
    return Path(known.location) if known and known.location else None


def _runs(settings: Settings, tracking_uri: str, find_sandbox: FindSandbox) -> LocalRuns:
    return LocalRuns(
        settings.home,
        tracking_uri=tracking_uri,
        uv=str(Path(sys.executable).parent / "uv"),
        python=sys.executable,
        index_env=settings.tool_environment,
        find_sandbox=find_sandbox,
    )
