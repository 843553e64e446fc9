"""The real clients, pointed at the peer: the SDK of Azure DevOps, and git."""

import base64
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

# The SDK makes its cache on import, in the home folder unless it is told otherwise.
os.environ.setdefault("AZURE_DEVOPS_CACHE_DIR", tempfile.mkdtemp(prefix="azure-devops-cache-"))

import requests
from azure.devops.connection import Connection
from msrest.authentication import (
    Authentication,
    BasicAuthentication,
    BasicTokenAuthentication,
)
from requests.adapters import HTTPAdapter


def sdk(address: str, token: str) -> Any:
    """A client factory that signs in with a PAT: ``sdk(...).get_git_client()``."""
    return _clients(address, BasicAuthentication("", token))


def sdk_with_bearer(address: str, token: str) -> Any:
    return _clients(address, BasicTokenAuthentication({"access_token": token}))


class _Closing(HTTPAdapter):
    """Reads each answer at once and closes its connection, which the SDK leaves to the collector."""

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        request.headers["Connection"] = "close"
        response = super().send(request, *args, **more)
        try:
            _ = response.content
        finally:
            response.close()
        return response


class _SigningIn:
    """Signs in as the credentials do; every request of the SDK asks for its session here."""

    def __init__(self, credentials: Authentication) -> None:
        self._credentials = credentials
        self._adapter = _Closing()

    def signed_session(self, session: requests.Session | None = None) -> requests.Session:
        signed: requests.Session = self._credentials.signed_session(session)
        signed.mount("http://", self._adapter)
        return signed


def _clients(address: str, credentials: Authentication) -> Any:
    return Connection(address, _SigningIn(credentials)).clients_v7_1


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
