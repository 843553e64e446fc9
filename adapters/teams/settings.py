"""What the Teams endpoint must be told, and what it refuses to start with."""

from typing import Final

import msgspec

from core.errors import SettingsError
from core.loopback import is_loopback

SURFACE: Final = "teams"  # what a conversation of platform.yml may name before its own name
ISSUER: Final = "https://api.botframework.com"  # who signs what Teams sends to a bot
SERVICE_URL: Final = "https://smba.trafficmanager.net/teams/"  # the world-wide door


class TeamsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """``is_local``: anybody on this machine may say who they are, so it listens to nobody else.

    Elsewhere ``app_id`` and ``tenant`` are the bot's registration and the bank's directory; with
    an empty ``client_secret`` the bot's managed identity asks for its tokens.
    """

    is_local: bool = False
    host: str = "127.0.0.1"
    app_id: str = ""
    tenant: str = ""
    client_secret: str = ""
    service_url: str = SERVICE_URL

    def check(self) -> None:
        """Raise SettingsError for a start that would let in whom it cannot know."""
        if self.is_local and not is_loopback(self.host):
            raise SettingsError(
                f"Local mode believes whoever picks a name, so it may not listen on {self.host}. "
                "Nothing was started; listen on 127.0.0.1, or leave local mode."
            )
        if not self.is_local and not (self.app_id and self.tenant):
            raise SettingsError(
                "Teams needs the bot's app id and the tenant's id. "
                "Nothing was started; set both, or start in local mode."
            )

    def __repr__(self) -> str:
        """Never the secret: settings are shown in errors and logs."""
        return (
            f"TeamsSettings(is_local={self.is_local}, host={self.host!r}, app_id={self.app_id!r})"
        )
