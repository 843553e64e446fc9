"""How MLflow's server is started: command line, environment, key, port and log."""

import base64
import os
import secrets
import socket
import sys
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO, Final

from core.errors import SettingsError

HOST: Final = "127.0.0.1"
OWNER: Final = "SLUSS_MLFLOW_HOME"  # marks our server's processes, so that they can be found again
VERSION: Final = version("mlflow")
PORTS: Final = range(20_000, 32_000)  # below the ports that systems give to outgoing connections
TRIES: Final = 100
NO_PORT: Final = (
    "No free port was found between 20000 and 32000. MLflow was not started; end what holds them, "
    "then start again."
)
KEY_BYTES: Final = 32
NO_KEY: Final = (
    "{path} is no key that MLflow can encrypt its webhooks with. MLflow was not started; put its "
    "backup there, or move it away: then a new one is made, and MLflow cannot read the webhooks "
    "that it has."
)
LOG_LIMIT_BYTES: Final = 10_000_000


def command(port: int) -> list[str]:
    """Return the command. Its paths are relative: not every folder name makes a valid URI."""
    return [
        *(sys.executable, "-I", "-m", "mlflow", "server"),
        *("--host", HOST, "--port", str(port), "--workers", "1"),
        *("--backend-store-uri", "sqlite:///mlflow.db"),
        *("--artifacts-destination", "./artifacts"),
        *("--uvicorn-opts", "--no-access-log"),
    ]


def environment(folder: Path) -> dict[str, str]:
    """Return all variables of the server; none is inherited, as ours may hold credentials."""
    return {
        "PATH": os.defpath,
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore",
        "GIT_PYTHON_REFRESH": "quiet",
        OWNER: str(folder),
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # saves a third process of 230 MB
        "MLFLOW_ENABLE_AI_GATEWAY": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "https,http",  # our receiver is on this machine
        "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true",
        "MLFLOW_WEBHOOK_CACHE_TTL": "1",  # by default a new webhook sends nothing for a minute
        "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY": webhook_key(folder),
    }


def webhook_key(folder: Path) -> str:
    """Return the Fernet key that encrypts the webhooks' secrets; it is made once and kept."""
    path = folder / "webhook.key"
    if not path.exists():
        draft = path.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as output:
            output.write(base64.urlsafe_b64encode(os.urandom(KEY_BYTES)))
        draft.replace(path)
    key = path.read_bytes().strip()
    if not _is_key(key):
        raise SettingsError(NO_KEY.format(path=path))
    return key.decode("ascii")


def _is_key(key: bytes) -> bool:
    try:
        return len(base64.b64decode(key, b"-_", validate=True)) == KEY_BYTES
    except ValueError:
        return False


def free_port() -> int:
    """Return a free port that no outgoing connection is given: MLflow takes seconds to bind it."""
    free = (port for port in secrets.SystemRandom().sample(PORTS, TRIES) if is_free(port))
    port = next(free, None)
    if port is None:
        raise SettingsError(NO_PORT)
    return port


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server will do
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def open_log(path: Path) -> BinaryIO:
    """Open to append; a log that is too long is renamed first, in place of the last such one."""
    if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")
