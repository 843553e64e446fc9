"""A home, a file or a folder that cannot be used is told in a sentence, whatever the command."""

import gc
import os
import stat
import sys
import threading
from contextlib import AsyncExitStack

import pytest
from click.testing import Result
from typer.main import get_command
from typer.testing import CliRunner

from core.errors import SettingsError, SlussError
from sluss.__main__ import main
from sluss.cli import app
from sluss.home.prepare import prepare_home
from sluss.home.runtime_files import home_runtimes
from sluss.home.settings import load
from sluss.wiring.lock import Role
from sluss.wiring.opening import Opening
from sluss.wiring.safe import refuse_unsafe

COMMANDS = {
    "up": ("up",),
    "status": ("status",),
    "down": ("down",),
    "add": ("add", ".", "--team", "credit_risk"),
    "deliveries": ("deliveries",),
    "rebuild": ("rebuild",),
    "export": ("audit", "export", "ledger.jsonl"),
    "people": ("people",),
    "map": ("people", "map", "a@bank.example", "bo"),
}


def home_options(command):
    for name, below in getattr(command, "commands", {}).items():
        yield from ((f"{name} {words}".strip(), option) for words, option in home_options(below))
    yield from (("", option) for option in command.params if option.name in {"home", "keep"})


@pytest.mark.parametrize(("words", "option"), list(home_options(get_command(app))))
def test_the_words_about_a_folder_that_nobody_may_read_are_ours(words, option):
    assert option.type_descriptor.parameter_info.readable is False


def a_file(path):
    path.write_text("a file\n")


def below_a_file(path):
    path.parent.write_text("a file\n")


def of_nobody(_path):
    """Its owner is not known here."""


PLACES = {"home": a_file, "a_file/home": below_a_file, "~nobody_of_that_name/home": of_nobody}


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*words) -> Result:
        return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200"})

    return run


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_a_home_that_cannot_be_one_is_told_by_every_command(tmp_path, run, words, place):
    PLACES[place](tmp_path / place)
    before = sorted(tmp_path.rglob("*"))
    result = run(*words, "--home", place)
    assert isinstance(result.exception, SlussError), result.exception
    assert sorted(tmp_path.rglob("*")) == before


MISPLACED = {
    **dict.fromkeys(("secrets", "mlflow", "evidence", "repositories", "runs", "environments"), "no folder"),
    **dict.fromkeys(("store.db", "jobs.db", "chat.jsonl", "policy.yml", "worker.lock"), "no file"),
    **dict.fromkeys(("address", "gateway.running.json", "mlflow/mlflow.db"), "no file"),
    "mlflow/artifacts": "no folder",
}  # fmt: skip


@pytest.mark.parametrize(("name", "why"), MISPLACED.items())
def test_a_file_in_the_place_of_a_folder_stops_a_start(tmp_path, name, why):
    wrong = tmp_path / "home" / name
    wrong.parent.mkdir(mode=0o700, parents=True)
    (tmp_path / "home").chmod(0o700)
    _ = wrong.touch(0o600) if why == "no folder" else wrong.mkdir(0o700)
    with pytest.raises(SettingsError, match=rf"\({name} is {why}\)\. Nothing was started"):
        prepare_home(tmp_path / "home")


def test_a_file_of_somebody_elses_is_in_no_place_of_ours(home):
    (home / "artifacts").touch()
    assert prepare_home(home) is False


def test_a_folder_in_the_place_of_a_secret_is_no_matter_of_who_may_read_it(home):
    (home / "secrets" / "chat_token").mkdir()
    with pytest.raises(SettingsError, match=r"chat_token cannot be read \(Is a directory\)"):
        load(home, {})


SPECIAL = {
    "a pipe": lambda path: os.mkfifo(path, 0o600),
    "a socket": lambda path: os.mknod(path, stat.S_IFSOCK | 0o600),
    "a device": lambda path: path.symlink_to("/dev/null"),
}


@pytest.fixture(params=SPECIAL.values(), ids=SPECIAL)
def special(request, home):
    """Put what is no plain file in the place of a file of the home."""

    def special(name):
        (home / name).parent.mkdir(mode=0o700, exist_ok=True)
        (home / name).unlink(missing_ok=True)
        request.param(home / name)
        return (home / name).name

    return special


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", ["platform.yml", "store.db", "worker.running.json", "address"])
def test_what_is_no_plain_file_stops_a_start(home, special, name):
    special(name)
    with pytest.raises(SettingsError, match=rf"\({name} is no file\)\. Nothing was started"):
        prepare_home(home)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "name", ["platform.yml", "policy.yml", "secrets/other", "runtimes/16.4.json"]
)
def test_no_end_of_a_pipe_is_waited_for_where_settings_are_read(home, special, name):
    wrong = special(name)
    with pytest.raises(SettingsError, match=rf"{wrong} cannot be read \(it is a pipe, a socket or"):
        home_runtimes(load(home, {}).home)


@pytest.mark.timeout(20)
def test_a_store_that_is_no_plain_file_stops_a_start(home, special):
    special("elsewhere")
    environ = {"SLUSS_STORE_URL": f"sqlite:///{home}/elsewhere"}
    with pytest.raises(SettingsError, match=r"elsewhere cannot be used \(it is no file\)"):
        refuse_unsafe(load(home, environ), Role.ALL)


@pytest.mark.parametrize("name", ["store.db", "events.db"])
def test_a_file_that_is_no_database_stops_a_start(home, name):
    (home / name).write_bytes(b"SQLite fo, and then the disk was full")
    with pytest.raises(SettingsError, match=rf"{name} cannot be used \(it is no database"):
        refuse_unsafe(load(home, {}), Role.ALL)


def test_a_store_in_a_folder_that_is_not_there_stops_a_start(home):
    environ = {"SLUSS_STORE_URL": f"sqlite:///{home}/no/store.db"}
    with pytest.raises(SettingsError, match=r"store.db cannot be used .*Nothing was started"):
        refuse_unsafe(load(home, environ), Role.ALL)


@pytest.mark.parametrize("error", [SettingsError(), OSError()], ids=["ours", "the_systems"])
async def test_a_start_that_ends_in_a_sentence_leaves_nothing_running(error):
    ended = []

    async def end():
        ended.append(error)

    closes = AsyncExitStack()
    Opening(closes).ended_by(end)
    await closes.__aexit__(type(error), error, None)
    assert ended


def test_a_home_whose_own_name_looks_like_a_file_is_one(tmp_path):
    assert prepare_home(tmp_path / "home.db")


@pytest.fixture
def said(monkeypatch, capsys):
    """What the whole program says of these words, and its exit code."""
    threshold = gc.get_threshold()
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)

    def said(*words):
        monkeypatch.setattr(sys, "argv", ["sluss", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, capsys.readouterr().err

    yield said
    gc.set_threshold(*threshold)


def test_what_the_system_refuses_at_any_place_is_told_without_a_traceback(home, said):
    (home / "secrets" / "gone").symlink_to(home / "nowhere")
    code, words = said("people", "--home", home)
    assert code == 2
    assert words.startswith(
        f"sluss: {home}/secrets/gone cannot be used (No such file or directory)"
    )
    assert "Traceback" not in words


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
@pytest.mark.parametrize("command", ["up", "demo"])
def test_a_port_that_is_none_is_told(run, command, port):
    result = run(command, "--port", port)
    assert (result.exit_code, "--port" in result.output) == (2, True)


def test_a_local_start_listens_on_this_machine_alone(tmp_path, run):
    result = run("up", "--host", "0.0.0.0", "--home", tmp_path / "home")  # noqa: S104
    assert "this machine alone" in str(result.exception)
