"""The address of the gateway that serves a home, in a file which the hooks of the home read."""

import os
from pathlib import Path
from typing import Final

NAME: Final = "address"


def address_file(home: Path) -> Path:
    return home.absolute() / NAME


def write_address(home: Path, url: str) -> None:
    """Say where the gateway is now: a base URL, which a push reads each time."""
    file = address_file(home)
    draft = file.with_name(f".{NAME}.{os.getpid()}")
    draft.write_text(f"{url.rstrip('/')}\n", encoding="utf-8")
    draft.replace(file)


def read_address(home: Path) -> str:
    """Return the address of the newest start; "" where none has served yet."""
    file = address_file(home)
    return file.read_text("utf-8").strip() if file.is_file() else ""
