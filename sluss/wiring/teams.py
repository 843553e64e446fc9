"""Teams: its settings, where its conversations are reached, and posting there."""

from adapters.sql_store import SqlStore
from adapters.sql_store.addresses import SqlAddresses
from adapters.teams.addresses import LocalAddresses
from adapters.teams.settings import TeamsSettings
from core.conversation import AddressBook
from sluss.home.settings import TEAMS_SECRET, Settings
from sluss.wiring.chat_window import chat_settings


def teams_settings(settings: Settings) -> TeamsSettings:
    return TeamsSettings(
        is_local=settings.is_local,
        host=settings.host,
        app_id=settings.teams_app_id.casefold(),  # Teams writes ids in small letters
        tenant=settings.teams_tenant.casefold(),
        client_secret=settings.secrets.find(TEAMS_SECRET),
    )


def open_addresses(settings: Settings, store: SqlStore) -> AddressBook:
    """A chat window's conversations are where it is; all others must outlive this process."""
    if settings.is_local:
        return LocalAddresses(chat_settings(settings).service_url)
    return SqlAddresses(store)
