"""Starts or finds the run of an attempt, looks at it, and returns its outcome."""

from typing import Final

import msgspec

from core.errors import StepFailedError, UnknownNameError
from core.gate.checks import ModelRepo
from core.gate.tools import Level
from core.ports import MLPlatform, RunLook, RunOutcome, RunSpec, RunState
from core.results import Failed
from core.words import BlobId, ModelType, RunId, Stage
from workers.services import Services
from workers.stage_settings import stage_settings
from workers.task import Later, Task

MAX_LOG: Final = 2_000_000
LOST: Final = "{reason} So nobody can say how the run went. Retry the step: it starts another one."


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """A run that ended well."""

    outcome: RunOutcome
    log: BlobId


async def run_to_end(
    task: Task, services: Services, tracking_run: str, *, version: str = ""
) -> Ended | Failed | Later:
    kept = await services.effects.find_effect(f"run/{task.key}")
    if kept is None:
        spec = await _spec(task, services, tracking_run, version)
        started = await services.ml_platform.start(spec)
        kept = await services.effects.effect(f"run/{task.key}", started)
    run = RunId(kept)
    look = await _look(services.ml_platform, run)
    if look.state in {RunState.PREPARING, RunState.RUNNING}:
        return Later(look.look_again_s, look.note)
    log = await services.evidence.keep(await _whole_log(services.ml_platform, run))
    if look.state is RunState.FAILED or look.outcome is None:
        return Failed(reason=look.reason or "The run ended without a result.", log=log)
    return Ended(outcome=look.outcome, log=log)


async def has_started(task: Task, services: Services) -> bool:
    """Tell whether a run of this attempt was started, whatever became of it."""
    return await services.effects.find_effect(f"run/{task.key}") is not None


async def _look(platform: MLPlatform, run: RunId) -> RunLook:
    """Look at the run; one that is gone, or on a platform that we have left, is a failed step."""
    try:
        return await platform.look(run)
    except UnknownNameError as error:
        raise StepFailedError(LOST.format(reason=error)) from error


async def _spec(task: Task, services: Services, tracking_run: str, version: str) -> RunSpec:
    """Describe the run, with the variables of the step's own stage only."""
    release, stage = task.release, Stage(task.job.stage)
    code = await services.git.files(release.repository, release.commit)
    settings = await stage_settings(release, services, code, stage)
    return RunSpec(
        key=task.key,
        release=release.id,
        commit=release.commit,
        step=task.job.step,
        stage=stage,
        model=release.model,
        model_type=ModelType(release.model_type),
        code=code,
        source_path=settings.source_path,
        environment=(settings.environment_file, _text(code, settings.environment_file)),
        dataset=_text(code, settings.dataset_template),
        variables=settings.variables,
        tracking_run=tracking_run,
        version=version,
        time_limit_s=services.policy.time_limit_s,
        memory_limit_mb=services.policy.memory_limit_mb,
        weakest=Level(services.policy.rules.sandbox),
        hosts=services.policy.rules.libraries.hosts,
    )


def _text(code: ModelRepo, path: str) -> str:
    return code.text(path) if path in code.files else ""


async def _whole_log(platform: MLPlatform, run: RunId) -> bytes:
    log = b""
    while len(log) < MAX_LOG:
        part = await platform.log(run, len(log))
        if not part:
            break
        log += part
    return log
