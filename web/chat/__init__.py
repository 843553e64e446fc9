"""The chat window of one machine: it speaks to the bot as Teams would, and exists on loopback."""

from web.chat.app import chat_app
from web.chat.roles import Roles
from web.chat.settings import ChatSettings, Room, Suggestion

__all__ = ["ChatSettings", "Roles", "Room", "Suggestion", "chat_app"]
