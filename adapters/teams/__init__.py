"""Microsoft Teams: activities come in, cards go out, and conversations are reached again."""

from adapters.teams.addresses import FileAddresses
from adapters.teams.chat import TeamsChat, teams_app
from adapters.teams.settings import TeamsSettings

__all__ = ["FileAddresses", "TeamsChat", "TeamsSettings", "teams_app"]
