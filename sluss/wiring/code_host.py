"""Opens where the code is: bare repositories of this machine, or Azure DevOps."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from prometheus_client import CollectorRegistry

from adapters.bare_repositories.host import BareRepositories
from adapters.bare_repositories.reviews import BareReviews
from adapters.local_files.variable_groups import NoServiceEndpoints, VariableSections
from core.again import keep
from core.checkpoint import CheckpointKind
from core.platform import Platform
from core.ports import GitHost, Notes, Reviews, ServiceEndpoints, VariableGroups
from core.ports.checkpoints import Checkpoints
from core.ports.host_events import HostEvents
from core.ports.subscriptions import Subscriptions
from core.scrub import KnownSecrets
from sluss.home.settings import Settings
from sluss.wiring.azure_devops import open_azure_devops, open_identity
from sluss.wiring.hooks import open_host_events, open_subscriptions
from sluss.wiring.job_tokens import open_job_tokens
from sluss.wiring.masked import MaskedCheckpoints, MaskedReviews
from sluss.wiring.opening import Opening

if TYPE_CHECKING:
    from adapters.azure_devops import AzureDevOps

CLONES: Final = "keeping the clones small"
TEND_EVERY_S: Final = 6 * 3600.0


class CodeHost(msgspec.Struct, frozen=True, kw_only=True):
    """The ports that one host of git serves; bare repositories tell nothing by themselves.

    ``histories`` reads every repository of the host, also those that platform.yml does not have.
    """

    git: GitHost
    histories: GitHost
    reviews: Reviews
    variable_groups: VariableGroups
    service_endpoints: ServiceEndpoints
    host_events: HostEvents | None = None
    subscriptions: Subscriptions | None = None
    checkpoints: Mapping[CheckpointKind, Checkpoints] = {}


def open_code_host(
    settings: Settings,
    platform: Callable[[], Platform],
    clock: Callable[[], datetime],
    metrics: CollectorRegistry,
    opening: Opening,
    *,
    notes: Notes,
) -> CodeHost:
    """Open the host that the settings name; nothing is asked of it yet."""
    azure = open_azure_devops(settings, open_identity(settings), metrics, opening)
    if azure is None:
        return _bare(settings, platform)
    return _azure(azure, settings, platform, clock, opening, notes=notes)


def masked(host: CodeHost, secrets: KnownSecrets) -> CodeHost:
    """Return a host at which no secret of ours is said."""
    return msgspec.structs.replace(
        host,
        reviews=MaskedReviews(host.reviews, secrets),
        checkpoints={
            kind: MaskedCheckpoints(each, secrets) for kind, each in host.checkpoints.items()
        },
    )


def _bare(settings: Settings, platform: Callable[[], Platform]) -> CodeHost:
    """A repository's folder is looked up in platform.yml at each call."""

    def folder(host_id: str) -> Path | None:
        known = platform().repository(host_id)
        return Path(known.location) if known and known.location else None

    git = BareRepositories(folder)
    return CodeHost(
        git=git,
        histories=git,
        reviews=BareReviews(folder),
        variable_groups=VariableSections(settings.files.variables),
        service_endpoints=NoServiceEndpoints(),
    )


def _azure(
    azure: "AzureDevOps",
    settings: Settings,
    platform: Callable[[], Platform],
    clock: Callable[[], datetime],
    opening: Opening,
    *,
    notes: Notes,
) -> CodeHost:
    # Only here, as the SDK takes a while to import.
    from adapters.azure_devops.approvals import AzureApprovals  # noqa: PLC0415
    from adapters.azure_devops.called_checks import CalledChecks  # noqa: PLC0415
    from adapters.azure_devops.git_host import build_git_host  # noqa: PLC0415
    from adapters.azure_devops.library import Projects  # noqa: PLC0415
    from adapters.azure_devops.reviews import AzureDevOpsReviews  # noqa: PLC0415
    from adapters.azure_devops.service_endpoints import AzureServiceEndpoints  # noqa: PLC0415
    from adapters.azure_devops.variable_groups import AzureVariableGroups  # noqa: PLC0415

    def known() -> list[str]:
        return [each.id for each in platform().repositories]

    git = build_git_host(azure, settings.home, known, settings.tool_environment)
    tend = partial(keep, CLONES, git.tend, opening.troubles, every_s=TEND_EVERY_S)
    opening.tends.append((CLONES, tend))
    projects = Projects(azure, clock)
    return CodeHost(
        git=git,
        histories=git.of_every_repository(),
        reviews=AzureDevOpsReviews(azure),
        variable_groups=AzureVariableGroups(azure, projects, platform, clock),
        service_endpoints=AzureServiceEndpoints(azure, projects, clock),
        host_events=open_host_events(azure),
        subscriptions=open_subscriptions(settings, azure),
        checkpoints={
            CheckpointKind.APPROVAL: AzureApprovals(azure),
            CheckpointKind.CHECK: CalledChecks(azure, open_job_tokens(settings, notes)),
        },
    )
