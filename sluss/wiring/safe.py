"""Refuses a start whose settings would make it unsafe, before anything runs."""

from typing import Final

from core.errors import SettingsError
from sluss.home.settings import HOOK_SECRET, MLFLOW_SECRET, Settings
from sluss.wiring.lock import Role
from sluss.wiring.queues import refuse_closed_service_bus
from sluss.wiring.teams import teams_settings

NO_MLFLOW: Final = (
    "SLUSS_MLFLOW_URL is not set. Nothing was started; a start that is not local brings no MLflow "
    "of its own, as nobody would sign in there and every worker would have another registry."
)
NO_PUBLIC_URL: Final = (
    "SLUSS_PUBLIC_URL is not set. Nothing was started; set it to the address under which MLflow "
    "reaches this gateway, so that it can tell what changes in the registry."
)


def refuse_unsafe(settings: Settings, role: Role) -> None:
    """Check the settings for this role. Raise SettingsError that names the one setting to mend."""
    teams_settings(settings).check()
    refuse_closed_service_bus(settings)
    settings.secrets.secret(MLFLOW_SECRET)
    if Role.GATEWAY in role.parts:
        settings.secrets.secret(HOOK_SECRET)
    if settings.is_local or Role.WORKER not in role.parts:
        return
    if not settings.mlflow_url:
        raise SettingsError(NO_MLFLOW)
    if not settings.is_public_url_given:
        raise SettingsError(NO_PUBLIC_URL)
