"""Opens the chats: the settings of Teams, and where its conversations are reached."""

from adapters.teams.addresses import AddressBook, KeptAddresses, LocalAddresses
from adapters.teams.chat import TeamsChat
from adapters.teams.settings import OPENID_METADATA, SURFACE, TeamsSettings
from core.chats import Chats
from core.ports import Conversations
from sluss.home.chat_token import chat_token_file
from sluss.home.settings import TEAMS_SECRET, Settings
from sluss.wiring.chat_window import chat_settings


def open_chats(settings: Settings, conversations: Conversations) -> Chats:
    """Open all chat surfaces. Raise SettingsError for a conversation that no card can reach."""
    teams = TeamsChat(addresses(settings, conversations), teams_settings(settings))
    chats = Chats({SURFACE: teams}, default=SURFACE)
    chats.check(settings.files.platform.conversations.values())
    return chats


def teams_settings(settings: Settings) -> TeamsSettings:
    return TeamsSettings(
        is_local=settings.is_local,
        host=settings.host,
        app_id=settings.teams_app_id.casefold(),  # Teams writes ids in lower case.
        tenant=settings.teams_tenant.casefold(),
        client_secret=settings.secrets.find(TEAMS_SECRET),
        token_file=chat_token_file(settings.home) if settings.is_local else None,
        openid_metadata=settings.teams_openid_metadata or OPENID_METADATA,
    )


def addresses(settings: Settings, conversations: Conversations) -> AddressBook:
    """Return the addresses; those of a chat window are fixed, all others outlive this process."""
    if settings.is_local:
        return LocalAddresses(chat_settings(settings).service_url)
    return KeptAddresses(conversations)
