"""The settings of the Teams endpoint, and which of them it refuses."""

import re
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

import msgspec

from core.errors import SettingsError
from core.loopback import is_loopback

SURFACE: Final = "teams"  # a conversation of platform.yml may begin with it, before its own name
ISSUER: Final = "https://api.botframework.com"  # the issuer of the tokens that Teams sends to a bot
CHANNEL: Final = "msteams"  # every other channel lets the client write who it is
SERVICE_URL: Final = "https://smba.trafficmanager.net/teams/"  # the address for all regions
OPENID_METADATA: Final = "https://login.botframework.com/v1/.well-known/openidconfiguration"

# Answers carry cards and the bot's own token, and go to these hosts and those below them alone.
HOSTS: Final = ("smba.trafficmanager.net", "teams.microsoft.com")

GUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
NOT_HERE: Final = (
    "Local mode believes whoever picks a name, so it may not listen on {host}. "
    "Nothing was started; listen on 127.0.0.1, or leave local mode."
)
NOT_SET: Final = (
    "{name} is not set: {what}. Nothing was started; set it, or start in local mode (SLUSS_LOCAL)."
)
NO_GUID: Final = (
    "{name} is {value!r}, which is no id as 00000000-0000-0000-0000-000000000000: it is {what}. "
    "Nothing was started; set it and start again."
)
NO_SOURCE: Final = (
    "SLUSS_TEAMS_OPENID_METADATA is {value!r}, and keys come by https or from this machine alone. "
    "Nothing was started; leave it out for the Bot Framework's own, or mend it."
)
APP_ID: Final = ("SLUSS_TEAMS_APP_ID", "the application id of the bot's registration")
TENANT: Final = ("SLUSS_TEAMS_TENANT", "the id of the directory whose people may speak to the bot")
SECRET: Final = (
    "SLUSS_SECRET_TEAMS_CLIENT_SECRET (or the file secrets/teams_client_secret)",
    "the client secret of the bot's registration",
)


class TeamsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """With ``is_local`` anybody may say who they are, so that only this machine is listened to.

    Elsewhere ``app_id``, ``client_secret`` and ``tenant`` are the bot's registration and the
    bank's directory, and ``openid_metadata`` says where the channel's keys are.
    """

    is_local: bool = False
    host: str = "127.0.0.1"
    app_id: str = ""
    tenant: str = ""
    client_secret: str = ""
    service_url: str = SERVICE_URL
    openid_metadata: str = OPENID_METADATA
    token_file: Path | None = None  # local: what the chat window demands of who posts there

    def check(self) -> None:
        """Raise SettingsError for settings that would let in unverified people, or lack a value."""
        if self.is_local:
            if not is_loopback(self.host):
                raise SettingsError(NOT_HERE.format(host=self.host))
            return
        for (name, what), value in ((APP_ID, self.app_id), (TENANT, self.tenant)):
            if not value:
                raise SettingsError(NOT_SET.format(name=name, what=what))
            if not GUID.fullmatch(value):
                raise SettingsError(NO_GUID.format(name=name, what=what, value=value))
        if not self.client_secret:
            raise SettingsError(NOT_SET.format(name=SECRET[0], what=SECRET[1]))
        if not is_key_source(self.openid_metadata):
            raise SettingsError(NO_SOURCE.format(value=self.openid_metadata))

    def may_answer_at(self, url: str) -> bool:
        """Tell whether cards may go there: Microsoft's hosts, and on one machine itself alone."""
        place = _split(url)
        if place is None or place.username is not None or place.query or place.fragment:
            return False
        if self.is_local:
            return place.scheme in {"http", "https"} and is_loopback(place.hostname or "")
        host = place.hostname or ""
        is_theirs = any(host == known or host.endswith(f".{known}") for known in HOSTS)
        return place.scheme == "https" and place.port in {None, 443} and is_theirs

    def __repr__(self) -> str:
        """Leave the secret out, as settings are shown in errors and logs."""
        return (
            f"TeamsSettings(is_local={self.is_local}, host={self.host!r}, app_id={self.app_id!r})"
        )


def is_key_source(url: str) -> bool:
    """Tell whether keys may come from there: nobody on the way can put their own in place."""
    place = _split(url)
    if place is None or not place.hostname:
        return False
    return place.scheme == "https" or (place.scheme == "http" and is_loopback(place.hostname))


def _split(url: str) -> SplitResult | None:
    try:
        found = urlsplit(url)
        _ = found.port  # it is read, and may be wrong, only when it is asked for
    except ValueError:
        return None
    return found
