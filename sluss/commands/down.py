"""``sluss down``: end the MLflow server that a start has left running."""

import asyncio
from pathlib import Path
from typing import Final

from adapters.mlflow.server import MLflowServer
from core.errors import SettingsError
from sluss.wiring.lock import Role, one_process

NONE: Final = "No MLflow of this home was running."
ENDED: Final = "MLflow has ended."
NO_HOME: Final = "There is no home {home}. Nothing was ended; give the right one with --home."


def down(home: Path) -> str:
    """End MLflow; return what was done. A Sluss that runs on the home would start it again."""
    if not home.is_dir():
        raise SettingsError(NO_HOME.format(home=home))
    if not (home / "mlflow").is_dir():
        return NONE
    with one_process(home, Role.WORKER):
        return ENDED if asyncio.run(MLflowServer(home).stop()) else NONE
