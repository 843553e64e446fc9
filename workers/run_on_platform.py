"""Start a run of this attempt or find it again, look at it, and bring its outcome."""

from typing import Final

import msgspec

from core.gate.checks import ModelRepo
from core.gate.variables import model_settings
from core.ports import MLPlatform, RunOutcome, RunSpec, RunState
from core.release.release import Release
from core.results import Failed, Ran, Result
from core.words import BlobId, ModelType, Stage
from workers.services import Services
from workers.task import Later, Task

MAX_LOG: Final = 2_000_000


async def run_on_platform(task: Task, services: Services) -> Result | Later:
    """train, score and evaluate share one MLflow run."""
    release = task.release
    shared = await _shared_run(release, services)
    ended = await run_to_end(task, services, shared)
    if not isinstance(ended, Ended):
        return ended
    return Ran(
        run=shared,
        data_fingerprint=ended.outcome.data_fingerprint,
        rows=ended.outcome.rows,
        metrics=ended.outcome.metrics,
        seconds=ended.outcome.seconds,
        log=ended.log,
    )


async def _shared_run(release: Release, services: Services) -> str:
    """MLflow cannot make a run atomically: what was found first is kept, whoever else looks."""
    key = f"mlflow/{release.id}"
    kept = await services.effects.find_effect(key)
    if kept is not None:
        return kept
    tags = {"sluss.commit": release.commit, "sluss.repository": release.repository}
    opened = await services.registry.open_run(release.model, release.id, tags)
    return await services.effects.effect(key, opened)


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """A run that went well."""

    outcome: RunOutcome
    log: BlobId


async def run_to_end(
    task: Task, services: Services, shared: str, *, version: str = ""
) -> Ended | Failed | Later:
    run = await services.effects.find_effect(f"run/{task.key}")
    if run is None:
        spec = await _spec(task, services, shared, version)
        started = await services.ml_platform.start(spec)
        run = await services.effects.effect(f"run/{task.key}", started)
    look = await services.ml_platform.look(run)
    if look.state in {RunState.PREPARING, RunState.RUNNING}:
        return Later(look.look_again_s, look.note)
    log = await services.evidence.keep(await _whole_log(services.ml_platform, run))
    if look.state is RunState.FAILED or look.outcome is None:
        return Failed(reason=look.reason or "The run ended without a result.", log=log)
    return Ended(outcome=look.outcome, log=log)


async def _spec(task: Task, services: Services, shared: str, version: str) -> RunSpec:
    release = task.release
    code = await services.git.files(release.repository, release.commit)
    settings = model_settings(
        code, layout=services.policy.layout, gbi=await services.git.variables(Stage.TST)
    )
    return RunSpec(
        key=task.key,
        release=release.id,
        step=task.job.step,
        stage=Stage(task.job.stage),
        model=release.model,
        model_type=ModelType(release.model_type),
        code=code,
        source_path=settings.source_path,
        environment=(settings.environment_file, _text(code, settings.environment_file)),
        dataset=_text(code, settings.dataset_template),
        run=shared,
        version=version,
        time_limit_s=services.policy.time_limit_s,
        memory_limit_mb=services.policy.memory_limit_mb,
    )


def _text(code: ModelRepo, path: str) -> str:
    return code.text(path) if path in code.files else ""


async def _whole_log(platform: MLPlatform, run: str) -> bytes:
    log = b""
    while len(log) < MAX_LOG:
        part = await platform.log(run, len(log))
        if not part:
            break
        log += part
    return log
