"""The settings of MLflow: its addresses, and how its registry shows our stages."""

from enum import StrEnum

import msgspec

from core.scrub import without_login


class Dialect(StrEnum):
    """How a registry represents the holder of a stage; each value has a file in representation/."""

    ALIASES = "aliases"


class MlflowSettings(msgspec.Struct, frozen=True, kw_only=True):
    """``registry_uri`` is "" where one server has both runs and versions."""

    tracking_uri: str
    registry_uri: str = ""
    dialect: Dialect = Dialect.ALIASES
    threads: int = 4

    def __repr__(self) -> str:
        return f"MlflowSettings(tracking_uri={without_login(self.tracking_uri)!r})"

    @property
    def registry(self) -> str:
        return self.registry_uri or self.tracking_uri

    @property
    def is_one_server(self) -> bool:
        return self.registry == self.tracking_uri
