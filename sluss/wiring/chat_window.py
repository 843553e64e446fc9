"""The settings of the chat window on one machine: its rooms, people and suggested commands."""

from adapters.teams.settings import SURFACE
from bot.commands import COMMANDS
from core.chats import place
from core.conversation import APPROVALS
from sluss.home.settings import Settings
from web.chat import ChatSettings, Room, Suggestion


def chat_settings(settings: Settings, token: str = "") -> ChatSettings:
    places = map(place, settings.files.platform.conversations.values())
    rooms = {name for surface, name in places if surface in {"", SURFACE}} | {APPROVALS}
    return ChatSettings(
        base_url=settings.public_url,
        history=settings.home / "chat.jsonl",
        token=token,
        people=settings.files.people,
        rooms=tuple(Room(id=room, title=room) for room in sorted(rooms)),
        notice=settings.files.policy.notice,
        suggestions=tuple(
            Suggestion(usage=command.usage, description=command.description) for command in COMMANDS
        ),
    )
