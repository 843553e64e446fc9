"""Starts Sluss as an operator does, not in local mode, with settings from the environment."""

import asyncio
import os
import subprocess
import sys
import time
from contextlib import contextmanager, suppress

import aiohttp

from adapters.mlflow.command import free_port

SETTINGS = {
    "SLUSS_LOCAL": "false",
    "SLUSS_HOST": "127.0.0.1",
    "SLUSS_TEAMS_APP_ID": "00000000-aaaa-4000-8000-000000000001",
    "SLUSS_TEAMS_TENANT": "00000000-bbbb-4000-8000-000000000002",
    "SLUSS_SECRET_TEAMS_CLIENT_SECRET": "a-client-secret",
    "SLUSS_SECRET_AZURE_DEVOPS_HOOK": "a-hook-secret",
    "SLUSS_SECRET_AZURE_DEVOPS_HOOK_PREVIOUS": "the-hook-secret-before",
    "SLUSS_SECRET_MLFLOW_WEBHOOK": "an-mlflow-secret",
}
START_S = 60.0


class Away:
    def __init__(self, home, role="gateway", **more):
        self.port, self.health_port = free_port(), free_port()
        self.home = home
        self.url, self.health = (
            f"http://127.0.0.1:{port}" for port in (self.port, self.health_port)
        )
        ours = {name: value for name, value in os.environ.items() if not name.startswith("SLUSS_")}
        ports = {"SLUSS_PORT": str(self.port), "SLUSS_HEALTH_PORT": str(self.health_port)}
        self.environ = {**ours, **SETTINGS, **ports, **more}
        self._words = [sys.executable, "-m", "sluss", "up", role, "--home", str(home)]
        self.process = None

    def start(self):
        with (self.home.parent / "away.log").open("ab") as log:
            self.process = subprocess.Popen(
                self._words, env=self.environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    @property
    def said(self):
        return (self.home.parent / "away.log").read_text("utf-8", "replace")

    async def until_answered(self, url, *wanted):
        """Ask until it answers, with one of the statuses that are wanted if any are named."""
        deadline = time.monotonic() + START_S
        while True:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            with suppress(aiohttp.ClientConnectionError):
                answer = await asked("GET", url)
                if not wanted or answer[0] in wanted:
                    return answer
            await asyncio.sleep(0.05)

    def end(self):
        self.process.terminate()
        self.process.wait(30)


@contextmanager
def away(home, role="gateway", **more):
    found = Away(home, role, **more)
    found.start()
    try:
        yield found
    finally:
        found.end()


async def asked(method, url, **more):
    async with aiohttp.ClientSession() as session, session.request(method, url, **more) as answer:
        return answer.status, await answer.text()
