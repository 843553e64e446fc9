"""Azure DevOps on loopback: one organisation, its REST API and its git, in a thread of its own.

    async with AzureDevOpsPeer(tmp_path) as devops:          # or a plain ``with``
        churn = devops.project("lending").repository("churn")
        anna = devops.join(person("Anna Berg", "anna.berg@bank.example"))
        push = churn.push(by=anna, files={"train.py": "def train(): ..."})
        Connection(devops.address, BasicAuthentication("", devops.token))

The thread answers while the test's own loop is blocked, so the SDK may be called straight from a test.
"""

import asyncio
import re
import threading
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

from aiohttp import web

from tests.peers.azure_devops import refusals, smart_http
from tests.peers.azure_devops.access import (
    Credential,
    ExpiredCredentialError,
    UnknownCredentialError,
)
from tests.peers.azure_devops.calls import Calls, Request
from tests.peers.azure_devops.faults import SIGN_IN_PATH, Faults, Handle
from tests.peers.azure_devops.parts import PARTS
from tests.peers.azure_devops.refusals import SIGN_IN_PAGE, RefusedError
from tests.peers.azure_devops.rest_organisation import COLLECTION_PATH
from tests.peers.azure_devops.routes import READS, Call, Route
from tests.peers.azure_devops.versions import api_version, check_version
from tests.peers.azure_devops.world import World

HOST = "127.0.0.1"
GRACE_S = 0.1  # for requests that are still open when the peer ends
MAX_BODY_BYTES = 1 << 30
AUTHENTICATE = 'Basic realm="http://{host}/"'


class AzureDevOpsPeer(World):
    """A ``World`` with addresses; ``faults`` script what goes wrong, ``calls`` tell what was asked."""

    def __init__(self, root: Path, organisation: str = "Harbour", *, port: int = 0) -> None:
        super().__init__(root, organisation)
        self.faults = Faults()
        self.calls = Calls()
        self.port = port
        self._errors: list[Exception] = []
        self._ended = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="azure-devops-peer", daemon=True)
        self._started: Future[None] = Future()

    @property
    def origin(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def address(self) -> str:
        return f"{self.origin}/{self.organisation}"

    @property
    def collection_address(self) -> str:
        """The same world as an installation on premises shows it: no resource areas."""
        return f"{self.origin}{COLLECTION_PATH}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.result()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """An error of the peer's own fails the test."""
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()
        if error is None and self._errors:
            raise self._errors[0]

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self.__exit__, kind, error, trace)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # whoever waits for the start must hear of it
            if self._started.done():
                raise
            self._started.set_exception(error)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=GRACE_S)
        await runner.setup()
        site = web.TCPSite(runner, HOST, self.port)
        await site.start()
        self.port = runner.addresses[0][1]
        self._started.set_result(None)
        await self._ended.wait()
        await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        """Write the request down, let a fault have it, and put the clock's time on the answer."""
        base, path = self._split(unquote(request.path))
        if base is None:
            is_sign_in = request.path == SIGN_IN_PATH
            return _page(200) if is_sign_in else _refuse(refusals.no_route(request.path))
        noted = Request(request.method, f"/{path}", dict(request.query), api_version(request))
        self.calls.add(noted)

        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._handle(request, base, path, noted)

        response = await self._with_faults(request, noted, handle)
        noted.status = response.status
        if not response.prepared:
            response.headers["Date"] = self.now().strftime("%a, %d %b %Y %H:%M:%S GMT")
        return response

    async def _with_faults(
        self, request: web.Request, noted: Request, handle: Handle
    ) -> web.StreamResponse:
        effect = self.faults.next_for(noted.method, noted.path)
        try:
            return await (handle(request) if effect is None else effect(request, handle))
        except ConnectionError:
            raise  # the client went
        except Exception as error:
            self._errors.append(error)
            raise

    async def _handle(
        self, request: web.Request, base: str, path: str, noted: Request
    ) -> web.StreamResponse:
        git = smart_http.PATH.fullmatch(path)
        try:
            credential = self.access.authenticate(request.headers.get("Authorization"))
        except ExpiredCredentialError:
            return _expired(request, is_git=git is not None)
        except UnknownCredentialError:
            return _unauthorized(request) if git or _is_a_program(request) else _to_sign_in(request)
        noted.identity = credential.identity.unique_name
        if git:
            noted.is_write = git["what"].lower() == "git-receive-pack"
            return await smart_http.serve(request, git, self, credential)
        return await self._rest(request, base, path, credential, noted)

    async def _rest(
        self, request: web.Request, base: str, path: str, credential: Credential, noted: Request
    ) -> web.StreamResponse:
        if request.method == "OPTIONS":
            return _json(self._locations())
        try:
            route, values = _find(request.method, path)
            noted.is_write = route.is_write
            check_version(request, route.location, self.latest_version)
            call = Call(request, self, base, credential, values, await request.read())
            answer = await asyncio.to_thread(self._call, route, call)
        except RefusedError as error:
            return _refuse(error)
        return answer if isinstance(answer, web.StreamResponse) else _json(answer)

    def _call(self, route: Route, call: Call) -> Any:
        with self.lock:
            if route.right is not None:
                call.require(route.right)
            return route.handler(call)

    def _split(self, path: str) -> tuple[str | None, str]:
        """The address as the client wrote it, and the rest; organisations compare without case."""
        for prefix in (f"/{self.organisation}", COLLECTION_PATH):
            if found := re.match(rf"({re.escape(prefix)})(?:/(.*))?$", path, re.IGNORECASE):
                return f"{self.origin}{found[1]}", found[2] or ""
        return None, path

    def _locations(self) -> list[dict[str, Any]]:
        routes = [route for part in PARTS for route in part.all]
        locations = dict.fromkeys(route.location for route in routes)
        return [one.describe(self.latest_version) for one in locations]


def _find(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """Of several routes the one with the fewest placeholders: ``pipelines/approvals`` is no pipeline."""
    there = [
        (route, {name: value for name, value in found.groupdict().items() if value is not None})
        for part in PARTS
        for route in part.all
        if (found := route.pattern.fullmatch(path))
    ]
    fitting = [entry for entry in there if entry[0].method == method]
    if fitting:
        return min(fitting, key=lambda entry: len(entry[1]))
    if not there:
        raise refusals.no_route(path)
    raise RefusedError(
        405,
        "VssRequestContentTypeNotSupportedException",
        f"The requested resource does not support http method '{method}'.",
    )


def _json(answer: Any) -> web.Response:
    if answer is None:
        return web.Response(status=204)
    body = {"count": len(answer), "value": answer} if isinstance(answer, list) else answer
    return web.json_response(body)


def _refuse(error: RefusedError) -> web.Response:
    return web.json_response(error.body(), status=error.status)


def _page(status: int) -> web.Response:
    return web.Response(status=status, text=SIGN_IN_PAGE, content_type="text/html")


def _unauthorized(request: web.Request) -> web.Response:
    headers = {"WWW-Authenticate": AUTHENTICATE.format(host=request.host)}
    return web.Response(status=401, headers=headers)


def _expired(request: web.Request, *, is_git: bool) -> web.Response:
    """The sign-in page as if all was well, except for PATCH: microsoft/azure-devops-auth-samples#52."""
    if is_git:
        return _unauthorized(request)
    return _refuse(refusals.not_in_scope("")) if request.method == "PATCH" else _page(203)


def _is_a_program(request: web.Request) -> bool:
    """Who came with a credential, writes, or says so is told 401; others are sent to sign in."""
    return (
        "Authorization" in request.headers
        or "X-TFS-FedAuthRedirect" in request.headers
        or request.method not in READS
    )


def _to_sign_in(request: web.Request) -> web.Response:
    return web.Response(status=302, headers={"Location": f"{request.url.origin()}{SIGN_IN_PATH}"})
