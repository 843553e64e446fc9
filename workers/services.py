"""The parts that steps work with: ports, policy, and ``handle``, the only way to write."""

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from core.gate.runtimes import Runtime
from core.handle import Handle
from core.policy import Policy
from core.ports import (
    Directory,
    Effects,
    Evidence,
    GitHost,
    MLPlatform,
    ModelRegistry,
    Queue,
    Reviews,
    ServiceEndpoints,
    Tracking,
    VariableGroups,
)
from core.ports.clone_index import CloneIndex
from core.stopping import Stopping
from workers.gate.gate import Gate


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """The wiring builds it once."""

    handle: Handle
    steps: Queue
    effects: Effects
    evidence: Evidence
    git: GitHost
    reviews: Reviews
    variable_groups: VariableGroups
    service_endpoints: ServiceEndpoints
    ml_platform: MLPlatform
    tracking: Tracking
    registry: ModelRegistry
    directory: Directory
    clones: CloneIndex
    policy: Policy
    runtimes: Mapping[str, Runtime]
    gate: Gate
    clock: Callable[[], datetime]
    stopping: Stopping = msgspec.field(default_factory=Stopping)
