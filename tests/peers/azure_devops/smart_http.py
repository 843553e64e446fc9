"""Git over smart HTTP: fetch and push, by names and by ids.

Protocol: https://git-scm.com/docs/http-protocol
"""

import asyncio
import re
import subprocess
from typing import Any

from aiohttp import web

from tests.peers.azure_devops.access import Credential, Right
from tests.peers.azure_devops.bare_git import ENVIRONMENT
from tests.peers.azure_devops.refusals import RefusedError, no_repository, no_route
from tests.peers.azure_devops.repositories import Repository
from tests.peers.azure_devops.routes import find_project, find_repository
from tests.peers.azure_devops.world import World

PATH = re.compile(
    r"(?:(?P<project>[^/]+)/)?_git/(?P<repository>[^/]+)/"
    r"(?P<what>info/refs|git-upload-pack|git-receive-pack)",
    re.IGNORECASE,
)
PIECE_BYTES = 1 << 16
SERVICES = {"git-upload-pack": Right.CODE_READ, "git-receive-pack": Right.CODE_WRITE}


async def serve(
    request: web.Request, found: re.Match[str], world: World, credential: Credential
) -> web.StreamResponse:
    """Refusals are plain text, which git shows as "remote: ..."."""
    what = found["what"].lower()
    service = request.query.get("service", "") if what == "info/refs" else what
    try:
        repository = _repository(found, world, credential, service)
    except RefusedError as error:
        return web.Response(status=error.status, text=error.message)
    if what == "info/refs":
        return await _advertise(request, repository, service)
    if what == "git-receive-pack":
        return await _receive(request, repository, credential)
    return await _stream(request, repository, _command(repository, service, "."))


def _repository(
    found: re.Match[str], world: World, credential: Credential, service: str
) -> Repository:
    """A project's default repository has an address without the project."""
    name = found["repository"]
    project = find_project(world, found["project"] or name)
    repository = find_repository(world, name, project)
    if service not in SERVICES:
        raise no_route(service)
    places = (repository.id, project.id)
    if repository.is_disabled:
        raise no_repository(name)
    for right in (Right.CODE_READ, SERVICES[service]):
        world.access.require(credential, right, *places)
    return repository


def _command(repository: Repository, service: str, *arguments: str) -> list[str]:
    allowed = {
        "uploadpack.allowAnySHA1InWant": "true",
        "uploadpack.allowFilter": str(repository.supports_filter).lower(),
        "http.receivepack": "true",
        "receive.denyDeleteCurrent": "false",
    }
    settings = [part for key, value in allowed.items() for part in ("-c", f"{key}={value}")]
    command = service.removeprefix("git-")
    return ["git", "-C", str(repository.path), *settings, command, "--stateless-rpc", *arguments]


def _environment(request: web.Request) -> dict[str, str]:
    return {**ENVIRONMENT, "GIT_PROTOCOL": request.headers.get("Git-Protocol", "")}


async def _advertise(request: web.Request, repository: Repository, service: str) -> web.Response:
    output = await _run(request, _command(repository, service, "--advertise-refs", "."), b"")
    announced = f"# service={service}\n".encode()
    head = f"{len(announced) + 4:04x}".encode() + announced + b"0000"
    headers = {
        "Content-Type": f"application/x-{service}-advertisement",
        "Cache-Control": "no-cache",
    }
    return web.Response(body=head + output, headers=headers)


async def _receive(
    request: web.Request, repository: Repository, credential: Credential
) -> web.Response:
    """A push by git is a push like any other: written down, and told to who listens."""
    body, environment = await request.read(), _environment(request)
    output = await asyncio.to_thread(_take, repository, credential, body, environment)
    return web.Response(body=output, content_type="application/x-git-receive-pack-result")


def _take(
    repository: Repository, credential: Credential, body: bytes, environment: dict[str, str]
) -> bytes:
    command = _command(repository, "git-receive-pack", ".")
    with repository.world.lock:
        before = repository.git.refs()
        result = subprocess.run(
            command, input=body, stdout=subprocess.PIPE, env=environment, check=False
        )
        if repository.git.refs() != before:
            repository.record(credential.identity, before)
    return result.stdout


async def _run(request: web.Request, command: list[str], body: bytes) -> bytes:
    process = await _start(request, command)
    output, _ = await process.communicate(body)
    return output


async def _stream(
    request: web.Request, repository: Repository, command: list[str]
) -> web.StreamResponse:
    body = await request.read()
    process = await _start(request, command)
    response = web.StreamResponse(headers={"Content-Type": "application/x-git-upload-pack-result"})
    await response.prepare(request)
    feeding = asyncio.create_task(_feed(process, body))
    try:
        assert process.stdout is not None
        while piece := await process.stdout.read(PIECE_BYTES):
            await response.write(piece)
    finally:
        await feeding
        await process.communicate()  # whoever cuts us off leaves a part of it unread
    return response


async def _feed(process: Any, body: bytes) -> None:
    process.stdin.write(body)
    await process.stdin.drain()
    process.stdin.close()


async def _start(request: web.Request, command: list[str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *command,
        env=_environment(request),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
