"""platform.yml as it is now: `sluss add` may change it while we run."""

import logging
from pathlib import Path

from core.errors import SettingsError
from core.platform import Platform
from sluss.home.settings import PLATFORM_FILE, read_platform

log = logging.getLogger(__name__)


class LivePlatform:
    """Read again when the file has changed; a broken file leaves what was read before."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._seen = 0
        self._platform = Platform()

    def now(self) -> Platform:
        changed = (self._home / PLATFORM_FILE).stat().st_mtime_ns
        if changed != self._seen:
            self._seen = changed
            self._read()
        return self._platform

    def _read(self) -> None:
        try:
            self._platform = read_platform(self._home)
        except SettingsError as error:
            log.warning("%s", error, extra={"action": "platform_not_read"})
