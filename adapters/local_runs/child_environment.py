"""The environment variables of uv and of a step: they are listed here, and none is inherited."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from core.ports.sandbox import WAY

MOST_THREADS: Final = 4
THREAD_COUNTS: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_MAX_THREADS",
    "LOKY_MAX_CPU_COUNT",
)


def of_uv(index_env: Mapping[str, str]) -> dict[str, str]:
    """Return uv's variables. HOME is the real one: uv has its cache and index settings there."""
    return {
        "PATH": os.defpath,
        "HOME": str(Path.home()),
        "LANG": "C.UTF-8",
        "UV_NO_PROGRESS": "1",
        **index_env,
    }


def of_step(run: str, *, has_way: bool) -> dict[str, str]:
    """Return the variables of the model's process; HOME and TMPDIR are the sandbox's own."""
    threads = str(min(MOST_THREADS, os.cpu_count() or 1))
    return {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "MLFLOW_RECORD_ENV_VARS_IN_MODEL_LOGGING": "false",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "5",  # about a minute, then the step can be retried
        "MLFLOW_SKIP_PIP_REQUIREMENTS_CHECK": "true",  # it asks pip, which uv does not install
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        "GIT_PYTHON_REFRESH": "quiet",
        **dict.fromkeys(THREAD_COUNTS, threads),
        **({"MLFLOW_TRACKING_URI": f"http://{WAY}", "MLFLOW_RUN_ID": run} if has_way else {}),
    }
