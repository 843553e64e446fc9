"""What every machine learning platform must do: a subclass brings ``platform`` and what it writes to.

``tracking`` keeps the runs and ``registry`` the versions of the platform's steps.
"""

import asyncio
import hashlib
import time
import uuid

import pytest

from core.artifact import code_difference
from core.errors import UnknownNameError
from core.ports import MLPlatform, ModelRegistry, RunLook, RunSpec, RunState, Tracking
from core.words import ModelType, ReleaseId, RunId, Stage, Step, platform_of
from tests.adapters.ml_platform_models import (
    MODEL,
    RATE,
    RULEBASED,
    SCORE,
    TRAIN,
    repository,
    spec,
    training,
)

PATIENCE_S = 200.0
ENDED = {RunState.SUCCEEDED, RunState.FAILED}
TOKEN = "dapi" + "0123456789abcdef" * 2
CHATTY = f"import sys\nprint('my token is {TOKEN}')\nsys.exit('{TOKEN}')"
FORKED = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(600)\nreturn 1"

FAILING = {
    "raises": (
        "raise ValueError('no column age')",
        "train() raised ValueError: no column age at src/train.py:2",
    ),
    "exits": ("import sys\nsys.exit(3)", "train() raised SystemExit: 3 at src/train.py:3"),
    "returns nothing": ("pass", "train() returned nothing. Return the trained model"),
    "is killed": (
        "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)",
        "ended by SIGSEGV",
    ),
    "ends the process": ("import os\nos._exit(4)", "ended itself with code 4"),
    "asks for another table": (
        "return data['customers'].read()",
        "asks for the table 'customers', and the dataset template names applications",
    ),
    "cannot be stored": (
        "import threading\nreturn threading.Lock()",
        "Storing the model that train() returned raised TypeError",
    ),
}


def key() -> str:
    return f"step/{uuid.uuid4().hex}"


async def finish(platform: MLPlatform, run: RunId) -> RunLook:
    deadline = time.monotonic() + PATIENCE_S
    while (look := await platform.look(run)).state not in ENDED:
        assert time.monotonic() < deadline, look
        await asyncio.sleep(0.1)
    return look


async def until_running(platform: MLPlatform, run: RunId) -> RunLook:
    while (look := await platform.look(run)).state is RunState.PREPARING:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    return look


async def outcome(platform: MLPlatform, wanted: RunSpec):
    look = await finish(platform, await platform.start(wanted))
    assert look.state is RunState.SUCCEEDED, look.reason
    return look.outcome


async def reason(platform: MLPlatform, wanted: RunSpec) -> str:
    look = await finish(platform, await platform.start(wanted))
    assert look.state is RunState.FAILED
    assert look.outcome is None
    return look.reason


async def whole_log(platform: MLPlatform, run: RunId) -> str:
    log = b""
    while more := await platform.log(run, len(log)):
        log += more
    return log.decode()


class MLPlatformContract:
    @pytest.fixture
    async def run(self, tracking: Tracking) -> str:
        """Return the tracking run of a new release."""
        return await tracking.open_run(MODEL, ReleaseId(f"loan_default-{uuid.uuid4().hex}"), {})

    async def test_a_supervised_model_comes_from_train_to_a_stage(
        self, platform: MLPlatform, registry: ModelRegistry, tracking: Tracking, run: str
    ):
        trained = await outcome(platform, spec(key(), Step.TRAIN, run))
        scored = await outcome(platform, spec(key(), Step.SCORE, run))
        evaluated = await outcome(platform, spec(key(), Step.EVALUATE, run))
        registered = await registry.register(MODEL, ReleaseId(f"loan_default-{run}"), run, {})
        wanted = spec(key(), Step.PROMOTE, run, stage=Stage.QA, version=registered.version)
        promoted = await outcome(platform, wanted)

        assert scored.rows == promoted.rows == 4
        assert evaluated.metrics == {"rate": 0.35, "rows": 4.0}
        assert await tracking.metrics(run) == evaluated.metrics
        assert promoted.artifact_digest == registered.artifact_digest
        prints = {look.data_fingerprint for look in (trained, scored, evaluated, promoted)}
        assert len(prints) == 1
        assert len(prints.pop()) == hashlib.sha256().digest_size * 2
        assert all(look.seconds > 0 for look in (trained, scored, evaluated, promoted))

    @pytest.mark.parametrize("source_path", ["src", ""], ids=["src", "the whole repository"])
    async def test_what_is_logged_carries_the_code_of_the_commit_and_nothing_else(
        self, platform: MLPlatform, tracking: Tracking, run: str, source_path: str
    ):
        moved = {} if source_path else {"train.py": TRAIN, "score.py": SCORE, "rate.py": RATE}
        code = repository(moved)
        await outcome(platform, spec(key(), Step.TRAIN, run, code=code, source_path=source_path))

        assert code_difference(await tracking.logged(run), code, source_path) == ""

    async def test_a_rulebased_model_comes_to_a_stage_without_training(
        self, platform: MLPlatform, registry: ModelRegistry, run: str
    ):
        rules = {"code": RULEBASED, "model_type": ModelType.RULEBASED}
        scored = await outcome(platform, spec(key(), Step.SCORE, run, **rules))
        evaluated = await outcome(platform, spec(key(), Step.EVALUATE, run, **rules))
        registered = await registry.register(MODEL, ReleaseId(f"loan_default-{run}"), run, {})
        wanted = spec(
            key(), Step.PROMOTE, run, stage=Stage.PROD, version=registered.version, **rules
        )
        promoted = await outcome(platform, wanted)

        assert scored.rows == promoted.rows == 4
        assert evaluated.metrics == {"refused": 0.25}
        assert promoted.artifact_digest == registered.artifact_digest

    async def test_a_promotion_scores_with_the_code_that_the_version_carries(
        self, platform: MLPlatform, registry: ModelRegistry, run: str
    ):
        await outcome(platform, spec(key(), Step.TRAIN, run))
        registered = await registry.register(MODEL, ReleaseId(f"loan_default-{run}"), run, {})
        broken = repository({"src/score.py": "raise OSError('the checkout')"})
        wanted = spec(key(), Step.PROMOTE, run, code=broken, version=registered.version)
        assert (await outcome(platform, wanted)).rows == 4

    async def test_a_failing_train_says_what_and_where(self, platform: MLPlatform, run: str):
        """All at once: each of them is a process that imports MLflow."""
        wanted = [spec(key(), Step.TRAIN, run, code=training(body)) for body, _ in FAILING.values()]
        said = await asyncio.gather(*(reason(platform, one) for one in wanted))
        expected = [part for _, part in FAILING.values()]
        assert [part for part, text in zip(expected, said, strict=True) if part in text] == expected

    async def test_a_failed_step_can_be_run_again(self, platform: MLPlatform, run: str):
        await reason(platform, spec(key(), Step.TRAIN, run, code=training("return 1 / 0")))
        assert await outcome(platform, spec(key(), Step.TRAIN, run))

    async def test_a_train_that_hangs_is_ended(self, platform: MLPlatform, run: str):
        code = training("import time\ntime.sleep(600)")
        wanted = spec(key(), Step.TRAIN, run, code=code, time_limit_s=5)
        assert "took longer than 5 s" in await reason(platform, wanted)

    async def test_a_train_that_eats_memory_is_ended(self, platform: MLPlatform, run: str):
        code = training("kept = []\nwhile True:\n    kept.append(bytearray(b'x' * 20_000_000))")
        wanted = spec(key(), Step.TRAIN, run, code=code, memory_limit_mb=700)
        assert "used more than 700 MB of memory" in await reason(platform, wanted)

    async def test_a_process_left_behind_does_not_keep_the_step(
        self, platform: MLPlatform, run: str
    ):
        assert await outcome(platform, spec(key(), Step.TRAIN, run, code=training(FORKED)))

    async def test_a_printed_token_is_in_neither_log_nor_reason(
        self, platform: MLPlatform, run: str
    ):
        wanted = spec(key(), Step.TRAIN, run, code=training(CHATTY))
        said = await reason(platform, wanted)
        log = await whole_log(platform, await platform.start(wanted))
        assert "my token is ***" in log
        assert "SystemExit: ***" in said
        assert TOKEN not in log + said

    async def test_metrics_that_are_no_numbers_are_refused(
        self, platform: MLPlatform, tracking: Tracking, run: str
    ):
        score = SCORE.replace("model.value,", "float('nan'),")
        code = repository({"src/score.py": score})
        await outcome(platform, spec(key(), Step.TRAIN, run, code=code))
        said = await reason(platform, spec(key(), Step.EVALUATE, run, code=code))
        assert "evaluate() returned nan for 'rate'" in said
        assert await tracking.metrics(run) == {}

    async def test_scoring_before_training_says_so(self, platform: MLPlatform, run: str):
        assert "has no model" in await reason(platform, spec(key(), Step.SCORE, run))

    async def test_an_absent_table_is_named(self, platform: MLPlatform, run: str):
        wanted = spec(key(), Step.TRAIN, run, dataset="tables: {customers: data/none.csv}")
        said = await reason(platform, wanted)
        assert "The table 'customers' is absent" in said
        assert "data/none.csv" in said

    async def test_a_wrong_dataset_template_is_a_failed_run(self, platform: MLPlatform, run: str):
        wanted = spec(key(), Step.TRAIN, run, dataset="tables: [")
        assert "is not valid YAML" in await reason(platform, wanted)

    async def test_requirements_that_cannot_be_resolved_are_named(
        self, platform: MLPlatform, run: str
    ):
        environment = ("requirements.txt", "six==1.16.0\nsix==1.15.0\n")
        said = await reason(platform, spec(key(), Step.TRAIN, run, environment=environment))
        assert "cannot be installed: Because you require six==1.15.0 and six==1.16.0" in said
        assert "change the environment file" in said

    async def test_a_key_is_started_once(self, platform: MLPlatform, run: str):
        wanted = spec(key(), Step.TRAIN, run, code=training("print('trained')\nreturn 1"))
        runs = await asyncio.gather(*(platform.start(wanted) for _ in range(8)))
        assert len(set(runs)) == 1
        await finish(platform, runs[0])
        assert platform_of(runs[0])
        assert await platform.start(wanted) == runs[0]
        assert (await whole_log(platform, runs[0])).count("trained") == 1

    async def test_the_log_grows_while_the_step_runs(self, platform: MLPlatform, run: str):
        code = training("import time\nprint('halfway', flush=True)\ntime.sleep(600)")
        started = await platform.start(spec(key(), Step.TRAIN, run, code=code))
        while "halfway" not in await whole_log(platform, started):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        assert (await platform.look(started)).note == "calling the model's code"
        await platform.cancel(started)

    async def test_a_cancelled_run_has_failed_and_stays_so(self, platform: MLPlatform, run: str):
        wanted = spec(key(), Step.TRAIN, run, code=training("import time\ntime.sleep(600)"))
        started = await platform.start(wanted)
        await until_running(platform, started)
        await platform.cancel(started)
        await platform.cancel(started)
        assert await platform.start(wanted) == started
        assert await platform.look(started) == RunLook(state=RunState.FAILED, reason="cancelled")

    async def test_a_run_that_has_ended_is_not_cancelled(self, platform: MLPlatform, run: str):
        wanted = spec(key(), Step.TRAIN, run)
        await outcome(platform, wanted)
        started = await platform.start(wanted)
        await platform.cancel(started)
        assert (await platform.look(started)).state is RunState.SUCCEEDED

    @pytest.mark.parametrize("unknown", ["", "0" * 32, "../runs", "a\0b", "elsewhere/" + "0" * 32])
    async def test_an_unknown_run_is_an_error(self, platform: MLPlatform, unknown: str):
        for ask in (platform.look, platform.log, platform.cancel):
            with pytest.raises(UnknownNameError):
                await ask(RunId(unknown))

    async def test_a_run_of_another_platform_is_left_alone(self, platform: MLPlatform, run: str):
        """Even one of the same name there."""
        started = await platform.start(spec(key(), Step.SCORE, run))
        other = RunId(f"elsewhere/host/{started.rpartition('/')[2]}")
        with pytest.raises(UnknownNameError, match="elsewhere/host"):
            await platform.cancel(other)
        await finish(platform, started)
