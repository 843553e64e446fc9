"""Whatever MLflow says to our webhook, the worker goes on, says so, and tries it again."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from aiohttp import web

from adapters.mlflow.server import MLflowServer
from core.errors import UnavailableError
from sluss.home.prepare import prepare_home
from sluss.home.settings import load
from sluss.wiring.mlflow import _OwnServer, tend_mlflow
from sluss.wiring.opening import Opening


@asynccontextmanager
async def answering(*answers):
    """The address of an MLflow that says these one after the other, and then the last for ever."""
    app, left = web.Application(), list(answers)

    async def answer(_request):
        status, text = left.pop(0) if len(left) > 1 else left[0]
        return web.Response(status=status, text=text)

    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def tended(home, url, server=None):
    """The troubles of a worker that tends this MLflow."""
    prepare_home(home)
    async with AsyncExitStack() as closes:
        opening = Opening(closes)
        tend_mlflow(load(home, {}), url, server, opening)
        [(_, tend)] = opening.tends
        tending = asyncio.create_task(tend())
        yield opening.troubles
        assert not tending.done()
        tending.cancel()
        await asyncio.gather(tending, return_exceptions=True)


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0.01)


NO_WORDS = '{"error_code": "INTERNAL_ERROR", "message": ""}'


@pytest.mark.parametrize(
    ("answer", "told", "is_final"),
    [
        ((400, '{"message": "Invalid URL."}'), "refused our webhook: Invalid URL.", True),
        ((401, "{}"), "does not let us in (401)", True),
        ((404, "<html>"), "has no webhooks (404)", True),
        ((429, "{}"), "cannot take our webhook now (429)", False),
        ((503, "<html>"), "cannot take our webhook now (503)", False),
        ((500, NO_WORDS), "cannot read its own webhooks", True),
        ((200, "<html>Please sign in</html>"), "(200) that is not MLflow's", True),
    ],
)
async def test_a_webhook_that_cannot_be_installed_is_told_and_ends_nothing(
    tmp_path, caplog, answer, told, is_final
):
    async with answering(answer) as url, tended(tmp_path / "home", url) as troubles:
        await until(lambda: troubles.open)
        [trouble] = troubles.open.values()

    assert (told in trouble.says, trouble.is_final) == (True, is_final)
    assert told in caplog.text


async def test_a_webhook_is_installed_as_soon_as_mlflow_takes_it(tmp_path, caplog):
    caplog.set_level("INFO")
    fails = [(500, "{}"), (429, "{}")]
    async with answering(*fails, (200, "{}")) as url, tended(tmp_path / "home", url) as troubles:
        await until(lambda: "webhook installed" in caplog.text)
        await until(lambda: not troubles.open)

    assert [record.action for record in caplog.records if record.name == "core.again"] == [
        "trouble_began", "trouble_began", "trouble_ended",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "url", ["databricks", "mlflow.example:5000", "sqlite:///runs.db", "http://[", "http://.."]
)
async def test_an_address_that_is_none_of_a_server_is_told_and_ends_nothing(tmp_path, caplog, url):
    async with tended(tmp_path / "home", url) as troubles:
        await until(lambda: troubles.open)

    assert "MLflow's address is none of a web server" in caplog.text


async def test_a_server_below_a_path_is_asked_there(tmp_path, caplog):
    async with answering((400, "{}")) as url, tended(tmp_path / "home", f"{url}/tools/mlflow"):
        await until(lambda: "an answer (400) that is not MLflow's" in caplog.text)


class Fallen:
    """Our own MLflow, which ended while it started: it is up when it was started again."""

    def __init__(self) -> None:
        self.is_up = False

    async def check(self) -> None:
        pass

    async def ready(self) -> None:
        if not self.is_up:
            raise UnavailableError("MLflow ended while starting.", retry_after_s=0.01)

    async def start(self) -> None:
        self.is_up = True

    async def ensure(self) -> None:
        assert self.is_up, "what has not begun is not taken for hanging"


async def test_our_own_server_is_started_again_when_it_ended_while_it_started(tmp_path, caplog):
    async with answering((404, "{}")) as url, tended(tmp_path / "home", url, Fallen()):
        await until(lambda: "has no webhooks" in caplog.text)


async def test_a_damaged_database_of_our_own_server_needs_somebody_and_ends_nothing(tmp_path):
    (tmp_path / "mlflow").mkdir()
    (tmp_path / "mlflow" / "mlflow.db").write_bytes(b"garbage" * 1000)
    async with tended(tmp_path / "home", "http://127.0.0.1:9", MLflowServer(tmp_path)) as troubles:
        await until(lambda: "MLflow" in troubles.open)

    trouble = troubles.open["MLflow"]
    assert (trouble.is_final, "put the backup" in trouble.says) == (True, True)


async def test_our_own_server_that_cannot_be_kept_up_is_told_and_ends_nothing(tmp_path, caplog):
    """As when the file of its encryption key is gone and cannot be made."""
    fallen = Fallen()
    fallen.is_up = True

    async def ensure():
        raise PermissionError(13, "Permission denied", "webhook.key")

    fallen.ensure = ensure
    async with answering((200, "{}")) as url, tended(tmp_path / "home", url, fallen) as troubles:
        await until(lambda: "MLflow" in troubles.open)

    assert "PermissionError: Permission denied" in troubles.open["MLflow"].says


async def test_nothing_is_asked_at_the_port_of_our_own_server_while_it_cannot_be_kept_up(tmp_path):
    fallen, taken = Fallen(), UnavailableError("Its port is taken.", retry_after_s=60)
    fallen.is_up = True
    looks = []

    async def ensure():
        if looks:
            raise taken
        looks.append("well")

    async def never():
        raise taken

    fallen.ensure = ensure
    own = _OwnServer(fallen, never)
    await own.look()
    assert own.has_begun.is_set()
    fallen.ready = never
    with pytest.raises(UnavailableError, match="taken"):
        await own.look()
    assert not own.has_begun.is_set()


async def test_a_server_that_was_started_again_gets_the_webhook_anew_as_its_key_may_be_another():
    fallen, installs, dies = Fallen(), [], [False, True, False]
    fallen.is_up = True

    async def ensure():
        return dies.pop(0)

    async def hooked():
        installs.append(len(dies))

    fallen.ensure = ensure
    own = _OwnServer(fallen, hooked)
    await own.look()
    for _ in range(2):
        await own.install()
    with pytest.raises(UnavailableError, match="started again"):
        await own.look()
    await own.look()
    await own.install()

    assert installs == [2, 0]


async def test_while_our_own_server_starts_nothing_is_asked_of_it_and_that_is_no_trouble(tmp_path):
    fallen = Fallen()
    fallen.ready = asyncio.Event().wait
    prepare_home(tmp_path / "home")
    async with AsyncExitStack() as closes:
        opening = Opening(closes)
        tend_mlflow(load(tmp_path / "home", {}), "http://127.0.0.1:9", fallen, opening)
        tending = asyncio.create_task(opening.tends[0][1]())
        await asyncio.sleep(0.05)
        tending.cancel()
        await asyncio.gather(tending, return_exceptions=True)

    assert opening.troubles.open == {}


async def test_our_own_server_that_died_is_a_trouble_until_it_answers_again(tmp_path, caplog):
    fallen, answers, died = Fallen(), asyncio.Event(), [True]
    answers.set()

    async def ensure():
        answers.clear() if died else None
        return bool(died and died.pop())

    fallen.ready, fallen.ensure = answers.wait, ensure
    async with answering((200, "{}")) as url, tended(tmp_path / "home", url, fallen) as troubles:
        await until(lambda: "MLflow" in troubles.open)
        assert "was started again" in troubles.open["MLflow"].says
        answers.set()
        await until(lambda: "MLflow" not in troubles.open)
