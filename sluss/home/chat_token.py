"""The token of this start, in a file of the home that its owner alone can read."""

import os
import secrets
from pathlib import Path
from typing import Final

from sluss.home.settings import SECRETS_FOLDER

NAME: Final = "chat_token"
_BYTES: Final = 32


def chat_token_file(home: Path) -> Path:
    return home / SECRETS_FOLDER / NAME


def fresh_chat_token(home: Path) -> str:
    """Make a new token and keep it: what an earlier start has printed opens nothing any more."""
    token, file = secrets.token_urlsafe(_BYTES), chat_token_file(home)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".{NAME}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        opened.write(token)
    draft.replace(file)
    return token


def chat_token(home: Path) -> str:
    """Return the token of the start that is up; "" where none was ever made."""
    file = chat_token_file(home)
    return file.read_text("utf-8").strip() if file.is_file() else ""


def chat_address(home: Path, public_url: str) -> str:
    """Return the address that opens the chat window of the start that is up."""
    return f"{public_url}/chat/?token={chat_token(home)}"
