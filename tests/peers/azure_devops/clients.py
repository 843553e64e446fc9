"""The real clients, pointed at the peer: the SDK of Azure DevOps, and git."""

import base64
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

# The SDK makes its cache on import, in the home folder unless it is told otherwise.
os.environ.setdefault("AZURE_DEVOPS_CACHE_DIR", tempfile.mkdtemp(prefix="azure-devops-cache-"))

from azure.devops.connection import Connection
from msrest.authentication import BasicAuthentication, BasicTokenAuthentication


def sdk(address: str, token: str) -> Any:
    """A client factory that signs in with a PAT: ``sdk(...).get_git_client()``."""
    return Connection(address, BasicAuthentication("", token)).clients_v7_1


def sdk_with_bearer(address: str, token: str) -> Any:
    return Connection(address, BasicTokenAuthentication({"access_token": token})).clients_v7_1


def git(*arguments: str, folder: Path, token: str = "") -> subprocess.CompletedProcess[str]:
    """Run git with the token in no file and no argument; the caller looks at its exit code."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }
    if token:
        secret = base64.b64encode(f":{token}".encode()).decode()
        environment |= {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "http.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {secret}",
        }
    for kind in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{kind}_NAME": "Somebody", f"GIT_{kind}_EMAIL": "some@body.invalid"}
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
