"""Builds the parts of a start; settings choose which system is behind each port."""

import logging
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from prometheus_client import CollectorRegistry

from adapters.clone_index.index import CloneIndexFile
from adapters.local_files.evidence import EvidenceFolder
from adapters.local_files.people import PeopleFile
from adapters.local_runs import LocalRuns
from adapters.mlflow import Mlflow, MlflowSettings, configure
from adapters.mlflow import build as build_mlflow
from adapters.mlflow.server import MLflowServer
from adapters.sandbox import OneSandbox
from adapters.sql_store.beside import SqlConversations
from core.again import Troubles
from core.counting import CountContributors
from core.errors import SettingsError
from core.find_contributors import FindContributors
from core.gate.tools import Level
from core.handle import Handle
from core.jobs import Lane
from core.platform import Platform
from core.ports import (
    Chat,
    Conversations,
    Directory,
    Evidence,
    JobTokens,
    MLPlatform,
    ModelRegistry,
    Queue,
    Store,
    Tracking,
)
from core.ports.clone_index import CloneIndex
from core.ports.sandbox import FindSandbox
from core.refusals import Refusals
from core.scrub import KnownSecrets
from sluss.home.scrubbed_output import know, known_secrets
from sluss.home.settings import PLATFORM_FILE, Settings, read_platform
from sluss.home.this_program import this_program
from sluss.wiring.code_host import CodeHost, masked, open_code_host
from sluss.wiring.job_tokens import open_job_tokens
from sluss.wiring.lock import Role
from sluss.wiring.masked import MaskedChat, MaskedEvidence
from sluss.wiring.mlflow import own_server, tend_mlflow
from sluss.wiring.opening import Act, Opening
from sluss.wiring.queues import open_queue
from sluss.wiring.safe import beside_identity
from sluss.wiring.store import open_store
from sluss.wiring.teams import open_chats
from workers.gate.checks import CHECKS

log = logging.getLogger(__name__)


class OneMachine(msgspec.Struct, frozen=True, kw_only=True):
    """What a start has only where ledger or queues are files; a lock lets each role run once.

    ``hurry`` lets nothing wait any more for an MLflow that is still starting.
    """

    frees: tuple[Act, ...] = ()
    hurry: Callable[[], None] | None = None

    async def take_over(self) -> None:
        """End the locks and leases of a killed process, as nobody else can hold one here."""
        for free in self.frees:
            await free()


class LivePlatform:
    """Reads platform.yml again when it has changed, as by `sluss add` while we run.

    A broken file is logged, and the last good one stays in force.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._seen = 0
        self._platform = Platform()

    def now(self) -> Platform:
        try:
            changed = (self._home / PLATFORM_FILE).stat().st_mtime_ns
        except FileNotFoundError:  # An editor is just replacing the file.
            return self._platform
        if changed != self._seen:
            self._seen = changed
            self._read()
        return self._platform

    def _read(self) -> None:
        try:
            self._platform = read_platform(self._home)
        except SettingsError as error:
            log.warning("%s", error, extra={"action": "platform_not_read"})


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """All parts, built once; each is known by its port alone.

    ``tends`` run in a worker beside its queues; ``one_machine`` is None where nothing is a file.
    ``troubles`` and ``refusals`` are those of this process.
    """

    settings: Settings
    store: Store
    queues: dict[Lane, Queue]
    evidence: Evidence
    host: CodeHost
    directory: Directory
    tracking: Tracking
    registry: ModelRegistry
    ml_platform: MLPlatform
    clones: CloneIndex
    chat: Chat
    conversations: Conversations
    mlflow_url: str
    known_secrets: KnownSecrets
    handle: Handle
    metrics: CollectorRegistry
    clock: Callable[[], datetime]
    find_sandbox: FindSandbox
    tends: tuple[tuple[str, Act], ...]
    troubles: Troubles
    refusals: Refusals = msgspec.field(default_factory=Refusals)
    one_machine: OneMachine | None

    @property
    def job_tokens(self) -> JobTokens:
        return open_job_tokens(self.settings, self.store)

    @property
    def events(self) -> Queue:
        return self.queues[Lane.EVENTS]

    def __repr__(self) -> str:
        return f"Parts(settings={self.settings!r})"  # the address of MLflow may hold a password


def now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def opened(
    settings: Settings, role: Role, *, is_passing: bool = False
) -> AsyncIterator[Parts]:
    """Open the parts, and close them at the end.

    MLflow and runs stay for the next start, unless this one is passing or ends by an error.
    """
    settings = beside_identity(settings)
    if strange := settings.files.policy.unknown_checks([known.id for known in CHECKS]):
        raise SettingsError(f"{' '.join(strange)} Nothing was started; mend policy.yml.")
    async with AsyncExitStack() as closes:
        yield await _open(settings, role, Opening(closes, is_passing=is_passing))


async def _open(settings: Settings, role: Role, opening: Opening) -> Parts:
    """Open all parts; a local MLflow is started first, and not waited for."""
    configure(os.environ)  # MLflow's client reads its time-outs from the environment only.
    server = await own_server(settings, role, opening)
    mlflow_url = settings.mlflow_url or (server.uri if server else "")
    store = await open_store(settings.store_url, opening)
    conversations = SqlConversations(store)
    platform = _platform(settings)
    known, metrics = KnownSecrets(known_secrets(settings)), CollectorRegistry()
    know(known)
    host = masked(open_code_host(settings, platform, now, metrics, opening, notes=store), known)
    directory = PeopleFile(settings.files.people)
    find = FindContributors(host.histories, host.reviews, directory)
    handle = _handle(settings, store, platform, find)
    tend_mlflow(settings, mlflow_url, server, opening)
    mlflow = _mlflow(mlflow_url, server, opening)
    find_sandbox = OneSandbox(settings.home).found
    return Parts(
        settings=settings,
        store=store,
        queues={lane: open_queue(settings, lane, opening) for lane in Lane},
        evidence=MaskedEvidence(EvidenceFolder(settings.home / "evidence"), known),
        host=host,
        directory=directory,
        tracking=mlflow.tracking,
        registry=mlflow.registry,
        ml_platform=_runs(settings, mlflow_url, find_sandbox, opening if server else None),
        clones=_clones(settings, opening),
        chat=MaskedChat(open_chats(settings, conversations, handle), known),
        conversations=conversations,
        mlflow_url=mlflow_url,
        known_secrets=known,
        handle=handle,
        metrics=metrics,
        clock=now,
        find_sandbox=find_sandbox,
        tends=tuple(opening.tends),
        troubles=opening.troubles,
        one_machine=_one_machine(settings, server, opening),
    )


def _handle(
    settings: Settings, store: Store, platform: Callable[[], Platform], find: CountContributors
) -> Handle:
    return Handle(
        store,
        platform=platform,
        policy=settings.files.policy,
        clock=now,
        is_local=settings.is_local,
        sluss=this_program(settings.home),
        find_contributors=find,
    )


def _platform(settings: Settings) -> Callable[[], Platform]:
    """Return how to read the platform.

    On one machine `sluss add` may change the file while we run; elsewhere each start reads it once.
    """
    if settings.is_on_one_machine:
        return LivePlatform(settings.home).now
    return lambda: settings.files.platform


def _mlflow(url: str, server: MLflowServer | None, opening: Opening) -> Mlflow:
    mlflow = build_mlflow(MlflowSettings(tracking_uri=url), server.begun if server else None)
    opening.closed_by(mlflow.close)
    return mlflow


def _clones(settings: Settings, opening: Opening) -> CloneIndex:
    clones = CloneIndexFile(settings.home / "clones.db")
    opening.closed_by(clones.close)
    return clones


def _runs(
    settings: Settings, tracking_uri: str, find_sandbox: FindSandbox, owner: Opening | None
) -> MLPlatform:
    """Return the runs; those of a start with an MLflow of its own have the same end as that."""
    runs = LocalRuns(
        settings.home,
        tracking_uri=tracking_uri,
        uv=str(Path(sys.executable).parent / "uv"),
        python=sys.executable,
        index_env=settings.tool_environment,
        secrets=known_secrets(settings),
        find_sandbox=find_sandbox,
        weakest=Level(settings.files.policy.rules.sandbox),
    )
    if owner is not None:
        owner.ended_by(runs.stop)
    return runs


def _one_machine(
    settings: Settings, server: MLflowServer | None, opening: Opening
) -> OneMachine | None:
    if not settings.is_on_one_machine:
        return None
    return OneMachine(frees=tuple(opening.frees), hurry=server.hurry if server else None)
