"""Opens the chats: the settings of Teams, and where its conversations are reached."""

import hashlib
from functools import partial

import msgspec

from adapters.teams.addresses import AddressBook, Change, KeptAddresses, LocalAddresses
from adapters.teams.chat import TeamsChat
from adapters.teams.settings import OPENID_METADATA, SURFACE, TeamsSettings
from core.chats import Chats
from core.events.desk import ConversationMoved
from core.handle import Handle
from core.origin import EventOrigin
from core.ports import Conversations
from sluss.home.chat_token import chat_token_file
from sluss.home.settings import TEAMS_SECRET, Settings
from sluss.wiring.chat_window import chat_settings


def open_chats(settings: Settings, conversations: Conversations, handle: Handle) -> Chats:
    """Open all chat surfaces. Raise SettingsError for a conversation that no card can reach."""
    teams = TeamsChat(addresses(settings, conversations, handle), teams_settings(settings))
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


def addresses(settings: Settings, conversations: Conversations, handle: Handle) -> AddressBook:
    """Return the addresses; those of a chat window are fixed, all others outlive this process."""
    if settings.is_local:
        return LocalAddresses(chat_settings(settings).service_url)
    return KeptAddresses(conversations, partial(_tell, handle))


async def _tell(handle: Handle, change: Change) -> None:
    """Write down that a conversation was heard of elsewhere; the same once more is known."""
    said = msgspec.json.encode(change)
    moved = ConversationMoved(
        id=f"moved/{hashlib.sha256(said).hexdigest()[:32]}",
        time=handle.context().now,
        conversation=change.conversation,
        old_host=change.old.host,
        new_host=change.new.host,
        is_in_force=change.is_in_force,
    )
    await handle(moved, EventOrigin.CHAT)
