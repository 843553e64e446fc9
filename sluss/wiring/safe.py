"""Refuses a start whose settings would make it unsafe, before anything runs."""

from typing import Final

import msgspec

from adapters.sandbox import probe
from core.errors import SettingsError
from core.gate.tools import Level, is_weaker
from sluss.home.settings import CHECK_SECRET, HOOK_SECRET, MLFLOW_SECRET, Settings
from sluss.wiring.azure_devops import refuse_closed_azure_devops
from sluss.wiring.job_tokens import open_keys
from sluss.wiring.lock import Role
from sluss.wiring.queues import refuse_broken_files, refuse_closed_service_bus
from sluss.wiring.teams import teams_settings

NO_MLFLOW: Final = (
    "SLUSS_MLFLOW_URL is not set. Nothing was started; a start that is not local brings no MLflow "
    "of its own, as nobody would sign in there and every worker would have another registry."
)
NO_WALLS: Final = (
    "This machine shuts a model's code in with {has} only, where {wants} are asked for, so that "
    "nothing was started: allow user namespaces on it (sysctl kernel.unprivileged_userns_clone=1, "
    "on Ubuntu kernel.apparmor_restrict_unprivileged_userns=0, in a container its seccomp "
    "profile), or start with `--sandbox limits`."
)
NO_PUBLIC_URL: Final = (
    "SLUSS_PUBLIC_URL is not set. Nothing was started; set it to the address under which MLflow "
    "reaches this gateway, so that it can tell what changes in the registry."
)


BESIDE: Final = Level.NAMESPACES  # the weakest sandbox in which code may run beside an identity


def refuse_unsafe(settings: Settings, role: Role) -> None:
    """Check the settings for this role. Raise SettingsError that names the one setting to mend."""
    teams_settings(settings).check()
    refuse_closed_service_bus(settings)
    refuse_closed_azure_devops(settings)
    refuse_broken_files(settings)
    settings.secrets.secret(MLFLOW_SECRET)
    open_keys(settings)
    if Role.GATEWAY in role.parts:
        settings.secrets.secret(HOOK_SECRET)
        settings.secrets.secret(CHECK_SECRET)
    if settings.is_local or Role.WORKER not in role.parts:
        return
    if not settings.mlflow_url:
        raise SettingsError(NO_MLFLOW)
    if not settings.is_public_url_given:
        raise SettingsError(NO_PUBLIC_URL)


def with_sandbox(settings: Settings, weakest: Level) -> Settings:
    """Return the settings of a start that was given the weakest sandbox by hand."""
    policy = settings.files.policy
    rules = msgspec.structs.replace(policy.rules, sandbox=weakest.value)
    files = msgspec.structs.replace(
        settings.files, policy=msgspec.structs.replace(policy, rules=rules)
    )
    return msgspec.structs.replace(settings, files=files)


def beside_identity(settings: Settings) -> Settings:
    """Return the settings of a start that may hold an identity.

    Behind no walls a model's code could ask for a token of ours, so it never runs there.
    """
    is_too_weak = Level(settings.files.policy.rules.sandbox) is Level.LIMITS
    return with_sandbox(settings, BESIDE) if settings.has_identity and is_too_weak else settings


async def refuse_without_walls(settings: Settings, role: Role) -> None:
    """Try the machine's walls before anything starts. Raise SettingsError where they are too weak.

    Only a worker runs a model's code. Beside an identity it starts all the same, and runs none:
    the tests are those of the repositories' pipelines then.
    """
    if settings.has_identity:
        return
    wants = Level(settings.files.policy.rules.sandbox)
    if Role.WORKER not in role.parts or wants is Level.LIMITS:
        return
    has = (await probe(home=settings.home)).level
    if is_weaker(has, wants):
        raise SettingsError(NO_WALLS.format(has=has, wants=wants))
