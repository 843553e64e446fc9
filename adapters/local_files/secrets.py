"""The secrets of one machine: what the environment holds, or a file that only we may read."""

from collections.abc import Mapping

from core.errors import SettingsError

NOT_SET = (
    "The secret {name!r} is not set. Nothing was started with it; "
    "set SLUSS_SECRET_{variable} and start again."
)


class EnvironmentSecrets:
    """Implements ``core.ports.Secrets``; a name is found whatever its case.

    A repr shows the names, and never a value.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = {name.casefold(): value for name, value in values.items()}

    def __repr__(self) -> str:
        return f"EnvironmentSecrets({', '.join(sorted(self._values))})"

    def values(self) -> tuple[str, ...]:
        """Return all of them, for whoever has to keep them out of what is shown."""
        return tuple(self._values.values())

    def find(self, name: str) -> str:
        """Return "" when it is not set, as a secret that exists only during a rotation often is."""
        return self._values.get(name.casefold(), "")

    def secret(self, name: str) -> str:
        value = self._values.get(name.casefold(), "")
        if not value:
            raise SettingsError(NOT_SET.format(name=name, variable=name.upper()))
        return value
