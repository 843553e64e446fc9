"""The chats: settings of Teams, where its conversations are reached, and all surfaces as one."""

from adapters.teams.addresses import AddressBook, KeptAddresses, LocalAddresses
from adapters.teams.chat import TeamsChat
from adapters.teams.settings import SURFACE, TeamsSettings
from core.chats import Chats
from core.ports import Conversations
from sluss.home.settings import TEAMS_SECRET, Settings
from sluss.wiring.chat_window import chat_settings


def open_chats(settings: Settings, conversations: Conversations) -> Chats:
    """Raise SettingsError for a conversation of platform.yml that no card could reach."""
    teams = TeamsChat(addresses(settings, conversations), teams_settings(settings))
    chats = Chats({SURFACE: teams}, default=SURFACE)
    chats.check(settings.files.platform.conversations.values())
    return chats


def teams_settings(settings: Settings) -> TeamsSettings:
    return TeamsSettings(
        is_local=settings.is_local,
        host=settings.host,
        app_id=settings.teams_app_id.casefold(),  # Teams writes ids in small letters
        tenant=settings.teams_tenant.casefold(),
        client_secret=settings.secrets.find(TEAMS_SECRET),
    )


def addresses(settings: Settings, conversations: Conversations) -> AddressBook:
    """A chat window's conversations are where it is; all others must outlive this process."""
    if settings.is_local:
        return LocalAddresses(chat_settings(settings).service_url)
    return KeptAddresses(conversations)
