"""The tracking server as a run's keeper asks it, over REST: importing MLflow takes seconds.

https://mlflow.org/docs/latest/api_reference/rest-api.html
"""

import asyncio
import os
import time
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import aiohttp
import msgspec
from yarl import URL

from adapters.local_runs.log_model import REFUSED, SILENT
from core.errors import DECODE_ERRORS, StepFailedError

API: Final = "/api/2.0/mlflow"
ARTIFACTS: Final = "/api/2.0/mlflow-artifacts/artifacts"
PROXIED: Final = "mlflow-artifacts:"
FINGERPRINT_TAG: Final = "sluss.data_fingerprint"
MODEL_TAG: Final = "sluss.model"  # on the run: the id of the model that we have logged last
LONGEST_PARAMETER: Final = 500
TIMEOUT_S: Final = 30.0
PAUSES_S: Final = (0.2, 1.0, 4.0, 10.0, 20.0)  # about a minute with the tries between
BLOCK: Final = 1 << 20

NO_MODEL: Final = "The run of this release has no model. Retry the step before."
STRANGE: Final = "its answer cannot be read."
NO_SERVER: Final = (
    "MLflow's address is none of a web server (http:// or https://). Nothing was run; set "
    "SLUSS_MLFLOW_URL to such an address."
)


class Tag(msgspec.Struct):
    key: str
    value: str = ""


class RunInfo(msgspec.Struct, kw_only=True):
    run_id: str
    experiment_id: str
    artifact_uri: str = ""
    run_name: str = ""


class LastMetric(msgspec.Struct):
    key: str
    step: int = 0


class RunData(msgspec.Struct, kw_only=True):
    metrics: list[LastMetric] = []
    tags: list[Tag] = []
    params: list[Tag] = []


class TrackedRun(msgspec.Struct, kw_only=True):
    """A run as MLflow tells it, as far as we read it."""

    info: RunInfo
    data: RunData = msgspec.field(default_factory=RunData)

    def tag(self, name: str) -> str:
        return next((tag.value for tag in self.data.tags if tag.key == name), "")


class _Answer(msgspec.Struct, kw_only=True):
    run: TrackedRun | None = None
    model: "_LoggedModel | None" = None
    artifact_uri: str = ""
    files: list["_File"] = []


class LoggedModelInfo(msgspec.Struct, kw_only=True):
    model_id: str
    artifact_uri: str = ""
    source_run_id: str = ""
    status: str = ""


class _LoggedModel(msgspec.Struct, kw_only=True):
    info: LoggedModelInfo


class _File(msgspec.Struct, kw_only=True):
    path: str
    is_dir: bool = False


class _Refusal(msgspec.Struct):
    message: str = STRANGE


class TrackingServer:
    """A connection; ``uri`` may hold user and password. Raise StepFailedError for what fails."""

    def __init__(self, uri: str) -> None:
        address = URL(uri)
        if address.scheme not in ("http", "https"):
            raise StepFailedError(NO_SERVER)
        self.uri = uri
        self.address = str(address.with_user(None)).rstrip("/")
        self.auth = (
            aiohttp.BasicAuth(address.user, address.password or "") if address.user else None
        )
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            auth=self.auth, timeout=aiohttp.ClientTimeout(total=None, sock_read=TIMEOUT_S)
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.session.close()

    @property
    def session(self) -> aiohttp.ClientSession:
        assert self._session is not None
        return self._session

    async def run(self, run: str) -> TrackedRun:
        found = (await self._ask("GET", f"{API}/runs/get", {"run_id": run})).run
        if found is None:
            raise StepFailedError(REFUSED.format(message=STRANGE))
        return found

    async def logged_model(self, run: str) -> LoggedModelInfo:
        """Return the model that the keeper of an earlier step has logged in this run."""
        model_id = (await self.run(run)).tag(MODEL_TAG)
        if not model_id:
            raise StepFailedError(NO_MODEL)
        found = (await self._ask("GET", f"{API}/logged-models/{model_id}", {})).model
        if found is None or found.info.source_run_id != run:
            raise StepFailedError(NO_MODEL)
        return found.info

    async def version_uri(self, model: str, version: str) -> str:
        """Return where a version lies, not models:/name/version: MLflow adds a file to that."""
        named = {"name": model, "version": version}
        return (
            await self._ask("GET", f"{API}/model-versions/get-download-uri", named)
        ).artifact_uri

    async def note(
        self, run: str, *, metrics: Mapping[str, float], tags: Mapping[str, str]
    ) -> None:
        """Note metrics so that they are the last of their names: in MLflow the highest step is."""
        steps = await self._last_steps(run) if metrics else {}
        now_ms = int(time.time() * 1000)
        body = {
            "run_id": run,
            "metrics": [
                {"key": name, "value": value, "timestamp": now_ms, "step": steps.get(name, 0)}
                for name, value in metrics.items()
            ],
            "tags": [{"key": name, "value": value} for name, value in tags.items()],
        }
        await self._ask("POST", f"{API}/runs/log-batch", {}, body)

    async def _last_steps(self, run: str) -> dict[str, int]:
        return {last.key: last.step for last in (await self.run(run)).data.metrics}

    async def note_parameters(self, run: str, parameters: Mapping[str, object]) -> None:
        """Log parameters; a known one stays, as MLflow takes no second value."""
        known = {param.key for param in (await self.run(run)).data.params}
        new = [
            {"key": name, "value": str(value)[:LONGEST_PARAMETER]}
            for name, value in parameters.items()
            if name not in known
        ]
        if new:
            await self._ask("POST", f"{API}/runs/log-batch", {}, {"run_id": run, "params": new})

    async def download(self, uri: str, to: Path) -> None:
        """Fetch all files of an artifact; what the server does not hand out itself, MLflow does."""
        if not uri.startswith(PROXIED):
            await asyncio.to_thread(_by_mlflow, uri, to, self.uri)
            return
        await self._fetch(URL(uri).path.strip("/"), to)

    async def _fetch(self, path: str, to: Path) -> None:
        os.makedirs(to, exist_ok=True)  # noqa: PTH103 (a few local folders)
        listed = await self._ask("GET", ARTIFACTS, {"path": path})
        for file in listed.files:
            name = file.path.rstrip("/").rpartition("/")[2]
            if name in ("", ".", ".."):
                raise StepFailedError(REFUSED.format(message=STRANGE))
            fetch = self._fetch if file.is_dir else self._fetch_file
            await fetch(f"{path}/{name}", to / name)

    async def _fetch_file(self, path: str, to: Path) -> None:
        url = URL(self.address).joinpath(ARTIFACTS.strip("/"), *path.split("/"))
        try:
            async with self.session.get(url) as answer:
                if answer.status != HTTPStatus.OK:
                    raise StepFailedError(SILENT)
                with to.open("wb") as file:
                    async for block in answer.content.iter_chunked(BLOCK):
                        file.write(block)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise StepFailedError(SILENT) from error

    async def _ask(
        self, method: str, path: str, query: Mapping[str, str], body: object = None
    ) -> _Answer:
        """Ask, and again while the server is away: all that we ask may be asked twice."""
        for pause_s in (*PAUSES_S, None):
            try:
                return await self._once(method, path, query, body)
            except (aiohttp.ClientError, TimeoutError) as error:
                if pause_s is None:
                    raise StepFailedError(SILENT) from error
                await asyncio.sleep(pause_s)
        raise StepFailedError(SILENT)

    async def _once(
        self, method: str, path: str, query: Mapping[str, str], body: object
    ) -> _Answer:
        async with self.session.request(
            method, f"{self.address}{path}", params=query, json=body, allow_redirects=False
        ) as answer:
            raw = await answer.read()
            if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                answer.raise_for_status()
            if answer.status != HTTPStatus.OK:
                raise StepFailedError(REFUSED.format(message=_message(raw)))
        try:
            return msgspec.json.decode(raw, type=_Answer)
        except DECODE_ERRORS:
            raise StepFailedError(REFUSED.format(message=STRANGE)) from None


def _message(raw: bytes) -> str:
    try:
        return msgspec.json.decode(raw, type=_Refusal).message
    except DECODE_ERRORS:
        return STRANGE


def _by_mlflow(uri: str, to: Path, tracking_uri: str) -> None:
    from mlflow.artifacts import download_artifacts  # noqa: PLC0415 (it takes seconds)
    from mlflow.exceptions import MlflowException  # noqa: PLC0415

    to.mkdir(parents=True, exist_ok=True)
    try:
        download_artifacts(artifact_uri=uri, dst_path=str(to), tracking_uri=tracking_uri)
    except MlflowException as error:
        raise StepFailedError(REFUSED.format(message=error.message)) from error
