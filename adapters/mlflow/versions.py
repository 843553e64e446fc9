"""The versions of models in MLflow's registry, as blocking calls."""

from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

import msgspec
from mlflow.entities import LoggedModel
from mlflow.entities.model_registry import ModelVersion, RegisteredModel
from mlflow.tracking import MlflowClient

from adapters.mlflow.artifacts import newest_model, read_artifact, read_model
from adapters.mlflow.errors import EXISTS, MISSING, NOT_ITS_ANSWER, look_up, tolerating
from adapters.mlflow.names import DIGEST_TAG, RELEASE_TAG, quoted
from adapters.mlflow.representation import REPRESENTATIONS
from adapters.mlflow.settings import MlflowSettings
from core.artifact import Artifact
from core.errors import StepFailedError, UnknownNameError
from core.results import Registered
from core.words import ReleaseId, Stage

READY_WITHIN_S: Final = 60
PAGE: Final = 200
MOST_PAGES: Final = 500

NO_ARTIFACT = (
    "Version {version} of {model} has no artifact files any more. Train and register anew."
)
NOT_SHARED = (
    "The tracking server hands out the files of {model} itself, and no other registry may name "
    "them. Nothing was registered; have tracking keep artifacts in a store that the registry "
    "reaches, too (mlflow server --default-artifact-root), or use one server for both, and retry."
)
NO_LAST_PAGE = (
    "MLflow's list of models has no end: after {pages} pages it names one more. The registry was "
    "not compared with the ledger; look whether SLUSS_MLFLOW_URL is the address of an MLflow."
)
NOT_PLACED = (
    "MLflow says that version {found!r} holds {stage} of {model}, not {version}: somebody moved it "
    "at the same moment. Look at the registry, then try again."
)


class Versions:
    """Finds, makes and places versions; model names have passed ``check_model_name`` before."""

    def __init__(self, settings: MlflowSettings) -> None:
        self._settings = settings
        self._client = MlflowClient(
            tracking_uri=settings.tracking_uri, registry_uri=settings.registry
        )
        self._stages = REPRESENTATIONS[settings.dialect](self._client)

    def ping(self) -> None:
        self._client.search_registered_models(max_results=1)

    def find(self, model: str, release: ReleaseId) -> Registered | None:
        versions = self._found(model, release)
        return self._registered(model, versions[0]) if versions else None

    def register(
        self, model: str, release: ReleaseId, run: str, tags: Mapping[str, str]
    ) -> Registered:
        """Register once; of two versions made at the same time, the lower number stays."""
        if found := self._found(model, release):
            self._delete_twins(model, found[1:])
            return self._registered(model, found[0])
        logged = newest_model(self._client, run)
        digest = read_model(self._settings, logged, run).digest
        source = self._source(model, logged)
        self._create_model(model)
        marks = {**tags, RELEASE_TAG: release, DIGEST_TAG: digest}
        self._create_version(model, logged, source, marks)
        versions = self._found(model, release)
        self._delete_twins(model, versions[1:])
        return Registered(
            version=str(versions[0].version),
            artifact_digest=digest,
            source=str(versions[0].source or ""),
        )

    def read(self, model: str, version: str) -> Artifact:
        """Hash the files, but not by models:/name/version, which adds a file of MLflow's own."""
        name = f"{model} {version}"
        found = look_up(
            "model version", name, lambda: self._client.get_model_version(model, version)
        )
        place = look_up(
            "model version",
            name,
            lambda: self._client.get_model_version_download_uri(model, version),
        )
        missing = NO_ARTIFACT.format(model=model, version=version)
        artifact = read_artifact(self._settings, place, missing=missing)
        return msgspec.structs.replace(artifact, source=str(found.source or ""))

    def _registered(self, model: str, found: ModelVersion) -> Registered:
        artifact = self.read(model, str(found.version))
        return Registered(
            version=str(found.version), artifact_digest=artifact.digest, source=artifact.source
        )

    def holders(self, model: str) -> dict[Stage, str] | None:
        registered = self._model(model)
        return self._held(registered) if registered is not None else None

    def all_holders(self) -> dict[str, dict[Stage, str]]:
        held, token = dict[str, dict[Stage, str]](), ""
        for _ in range(MOST_PAGES):
            page = self._client.search_registered_models(max_results=PAGE, page_token=token or None)
            held |= {model.name: self._held(model) for model in page}
            token = page.token
            if not token:
                return held
        raise StepFailedError(NO_LAST_PAGE.format(pages=MOST_PAGES))

    def place(self, model: str, version: str, stage: Stage, release: ReleaseId) -> str:
        """Place the version and read the holder back. Raise StepFailedError when they differ."""
        registered = self._model(model)
        if registered is None:
            raise UnknownNameError("registered model", model)
        look_up(
            "model version",
            f"{model} {version}",
            lambda: self._client.get_model_version(model, version),
        )
        previous = self._stages.move(registered, version, stage, release)
        if previous and previous != version:
            self._stages.forget(model, previous, stage)
        self._read_back(model, version, stage)
        return previous

    def _held(self, model: RegisteredModel) -> dict[Stage, str]:
        return {stage: self._stages.holder(model, stage) for stage in Stage}

    def _read_back(self, model: str, version: str, stage: Stage) -> None:
        found = (self.holders(model) or {}).get(stage, "")
        if found != version:
            raise StepFailedError(
                NOT_PLACED.format(found=found, stage=stage, model=model, version=version)
            )

    def _found(self, model: str, release: ReleaseId) -> list[ModelVersion]:
        found = self._client.search_model_versions(
            f"name = '{model}' and tags.`{RELEASE_TAG}` = {quoted(release)}"
        )
        return sorted(found, key=lambda version: int(version.version))

    def _delete_twins(self, model: str, twins: Iterable[ModelVersion]) -> None:
        for twin in twins:
            with tolerating(MISSING):  # its maker may have deleted it already
                self._client.delete_model_version(model, str(twin.version))

    def _create_model(self, model: str) -> None:
        with tolerating(EXISTS):
            self._client.create_registered_model(model)

    def _source(self, model: str, logged: LoggedModel) -> str:
        """Return the model's address; only the server that logged it knows it by its id."""
        if self._settings.is_one_server:
            return str(logged.model_uri)
        if urlsplit(logged.artifact_location).scheme == "mlflow-artifacts":
            raise StepFailedError(NOT_SHARED.format(model=model))
        return str(logged.artifact_location)

    def _create_version(
        self, model: str, logged: LoggedModel, source: str, tags: Mapping[str, str]
    ) -> None:
        """Make the version with its tags in one call, so that after a kill the release finds it."""
        self._client.create_model_version(
            model,
            source=source,
            run_id=logged.source_run_id,
            model_id=logged.model_id if self._settings.is_one_server else None,
            tags=dict(tags),
            description=f"Release {tags[RELEASE_TAG]}, registered by Sluss.",
            await_creation_for=READY_WITHIN_S,
        )

    def _model(self, model: str) -> RegisteredModel | None:
        with tolerating(MISSING):
            found = self._client.get_registered_model(model)
            if not found.name:  # an empty answer, which reads as a model that holds nothing
                raise StepFailedError(NOT_ITS_ANSWER)
            return found
        return None
