"""Environments for models and their tests: built once, by uv, shared with the runs."""

import asyncio
import contextlib
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from adapters.local_runs.model_environments import LocalModelEnvironments
from adapters.local_runs.requirements import EnvironmentFileError
from adapters.sandbox import probe
from core.errors import StepFailedError
from core.gate.tools import MODEL_PYTHON, TEST_TOOLS, ToolCommand
from core.ports.sandbox import Places
from tests.model_repos import a_repo

PASSED_ON = ("SSL_CERT_FILE", "HTTPS_PROXY", "NO_PROXY")
INDEX_ENV = {
    name: value for name, value in os.environ.items() if name in PASSED_ON or name.startswith("UV_")
}
ROOT = Path(__file__).parents[3]
FILE, SIX = "requirements.txt", "six==1.17.0\n"
PRINT_SIX = "import six; print(six.__version__)"
RUN_TESTS = "import sys; sys.path.append(sys.argv.pop(1)); import pytest; sys.exit(pytest.main())"


def environments_in(home, **changes):
    settings = {
        "uv": str(Path(sys.executable).with_name("uv")),
        "python": sys.executable,
        "index_env": INDEX_ENV,
    }
    return LocalModelEnvironments(home, **{**settings, **changes})


def not_heard(_note):
    pass


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home of environments")


@pytest.fixture
def environments(home):
    return environments_in(home)


@contextlib.asynccontextmanager
async def an_index_that_never_answers():
    async def wait(reader, writer):
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()

    async with await asyncio.start_server(wait, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield {"UV_DEFAULT_INDEX": f"http://127.0.0.1:{port}/simple"}


def children():
    """Of this process, and theirs, as far as they run."""
    return [
        process.name()
        for process in psutil.Process().children(recursive=True)
        if process.status() != psutil.STATUS_ZOMBIE
    ]


async def test_two_who_ask_at_once_get_one_that_works(home):
    notes = []

    pythons = await asyncio.gather(
        *(environments_in(home).python(FILE, SIX, notes.append) for _ in range(2))
    )

    assert pythons[0] == pythons[1]
    assert notes.count("making an environment") == 1
    said = await asyncio.to_thread(
        subprocess.run, [pythons[0], "-I", "-c", PRINT_SIX], capture_output=True
    )
    assert said.stdout == b"1.17.0\n"


async def test_one_that_is_there_is_not_built_again(environments):
    first = await environments.python(FILE, SIX, not_heard)
    notes = []

    again = await environments.python("conda.yml", "dependencies: [six==1.17.0]", notes.append)

    assert (again, notes) == (first, [])


async def test_it_lies_where_the_runs_keep_theirs(environments, home):
    python = await environments.python(FILE, SIX, not_heard)

    assert Path(python).parents[2] == home / "environments"


async def test_the_tests_of_a_model_run_in_it_shut_in(environments):
    repo = a_repo({"tests/test_model.py": "import six\n\n\ndef test_it():\n    assert six.PY3\n"})
    places = Places(
        model_python=await environments.python(FILE, SIX, not_heard),
        test_tools=await environments.test_tools(),
    )
    argv = (MODEL_PYTHON, "-I", "-c", RUN_TESTS, TEST_TOOLS)
    sandbox = await probe()

    output = await sandbox.run(ToolCommand(argv=argv, runs_code=True), repo, places)

    assert b"1 passed" in output.stdout, output.stderr
    assert output.code == 0


async def test_test_tools_are_made_once(home):
    first, second = await asyncio.gather(*(environments_in(home).test_tools() for _ in range(2)))

    assert first == second
    assert {"pytest", "coverage"} <= set(os.listdir(first))  # noqa: PTH208


async def test_packages_that_do_not_go_together_are_told_in_uvs_words(environments):
    with pytest.raises(StepFailedError, match=r"six==1\.16\.0.*Nothing was run; change the env"):
        await environments.python(FILE, "six==1.16.0\nsix==1.17.0\n", not_heard)


async def test_a_file_that_cannot_be_used_is_told_at_once(environments):
    with pytest.raises(EnvironmentFileError, match="has the option -e"):
        await environments.python(FILE, "-e .\n", not_heard)


async def test_an_index_that_is_away_is_told(tmp_path):
    away = environments_in(
        tmp_path,
        index_env={"UV_DEFAULT_INDEX": "http://127.0.0.1:1/simple", "UV_HTTP_RETRIES": "0"},
    )

    with pytest.raises(StepFailedError, match="The package index does not answer"):
        await away.python(FILE, "sluss-no-such-package\n", not_heard)


async def test_it_takes_no_longer_than_it_may(tmp_path):
    async with an_index_that_never_answers() as index_env:
        slow = environments_in(tmp_path, index_env=index_env, limit_s=1)

        with pytest.raises(StepFailedError, match="took longer than 1 s"):
            await slow.test_tools()


WORKER = """
import asyncio, os, sys
from pathlib import Path
from adapters.local_runs.model_environments import LocalModelEnvironments
environments = LocalModelEnvironments(
    Path(sys.argv[1]), uv=sys.argv[2], python=sys.executable, index_env=dict(os.environ)
)
asyncio.run(environments.python("requirements.txt", "six==1.17.0\\n", print))
"""


async def test_a_build_outlives_a_killed_worker(tmp_path):
    uv = str(Path(sys.executable).with_name("uv"))
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-u", "-c", WORKER, str(tmp_path), uv),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **INDEX_ENV, "PYTHONPATH": str(ROOT)},
    )
    assert await worker.stdout.readline() == b"making an environment\n"
    worker.kill()
    await worker.wait()

    notes = []
    await environments_in(tmp_path).python(FILE, SIX, notes.append)
    assert "making an environment" not in notes


async def test_cancelling_ends_it_and_leaves_nothing_that_looks_whole(tmp_path):
    before = children()
    async with an_index_that_never_answers() as index_env:
        building = asyncio.create_task(
            environments_in(tmp_path, index_env=index_env).python(FILE, SIX, not_heard)
        )
        while "uv" not in children():  # noqa: ASYNC110 (no process tells us that it has begun)
            await asyncio.sleep(0.02)

        building.cancel()
        with pytest.raises(asyncio.CancelledError):
            await building

    assert children() == before
    assert [
        path
        for path in (tmp_path / "environments").iterdir()
        if path.is_dir() and path.name[0] != "."
    ] == []
