"""What the bot works with: the ports that cards and commands may ask."""

import msgspec

from core.handle import Handle
from core.platform import Platform
from core.ports import Directory, GitHost, Store


class BotPorts(msgspec.Struct, frozen=True, kw_only=True):
    """``page_url`` is where our pages start. Clock and policy are those of ``handle.context()``."""

    handle: Handle
    store: Store
    git: GitHost
    directory: Directory
    page_url: str

    @property
    def platform(self) -> Platform:
        return self.handle.platform
