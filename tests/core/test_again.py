"""Background work goes on whatever a turn of it raises, and what does not work is told."""

import asyncio

import pytest

from core.again import Troubles, keep, pause_after, until_done
from core.errors import (
    SettingsError,
    SlussError,
    StepFailedError,
    StoreTooNewError,
    StoreUnavailableError,
    UnavailableError,
)


class Panic(BaseException):
    """What a library that is written in Rust raises; it is no Exception."""


SOON = {"retry_after_s": 0.01, "longest_s": 0.01}
RAISED = [
    (UnavailableError("MLflow is away.", **SOON), "MLflow is away.", False),
    (StoreUnavailableError("The store is away.", **SOON), "The store is away.", False),
    (SettingsError("No free port was found."), "No free port was found.", True),
    (StepFailedError("MLflow refused this."), "MLflow refused this.", True),
    (SlussError("Of ours, with https://me:swordfish@db.example"), "https://***@db.example", True),
    (TimeoutError("of a library"), "(TimeoutError)", False),
    (ConnectionResetError(104, "reset by peer"), "(ConnectionResetError: reset by peer)", False),
    (PermissionError(13, "denied", "/home/me/secret"), "(PermissionError: denied)", True),
    (KeyError("dapi123"), "(KeyError)", True),
    (ExceptionGroup("several", [KeyError("dapi123"), OSError("disk")]), "(ExceptionGroup)", True),
    (asyncio.CancelledError("a library's"), "(CancelledError)", True),
    (SystemExit("a library's"), "(SystemExit)", True),
    (KeyboardInterrupt("a library's"), "(KeyboardInterrupt)", True),
    (BaseExceptionGroup("several", [SystemExit("dapi123")]), "(BaseExceptionGroup)", True),
    (Panic("dapi123"), "(Panic)", True),
]


class Turns:
    """Raises what it is given, one each turn, and then is well."""

    def __init__(self, *errors):
        self.errors = list(errors)
        self.well = asyncio.Event()

    async def __call__(self):
        if self.errors:
            raise self.errors.pop(0)
        self.well.set()


async def ended(task):
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(("error", "says", "is_final"), RAISED, ids=lambda e: type(e).__name__)
async def test_no_error_ends_it_and_each_is_told_in_words_that_hide_what_it_quotes(
    caplog, error, says, is_final
):
    troubles, turns = Troubles(), Turns(error)
    task = asyncio.create_task(keep("work", turns, troubles))
    async with asyncio.timeout(2):
        while not troubles.open:  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0)
    told = troubles.open["work"]

    assert not task.done()
    assert (says in told.says, told.is_final) == (True, is_final)
    assert not {"dapi123", "swordfish", "/home/me"} & set(told.says.split())
    await ended(task)


async def test_it_is_tried_again_and_its_trouble_ends_with_a_good_turn(caplog):
    caplog.set_level("INFO", "core.again")
    troubles, turns = Troubles(), Turns(*(UnavailableError("Away.", **SOON) for _ in range(5)))
    task = asyncio.create_task(keep("work", turns, troubles, every_s=60))
    async with asyncio.timeout(2):
        await turns.well.wait()
        await asyncio.sleep(0)

    assert troubles.open == {}
    said = [(record.action, record.getMessage()) for record in caplog.records]
    assert said == [("trouble_began", "work: Away."), ("trouble_ended", "work: it works again")]
    await ended(task)


async def test_another_trouble_of_the_same_work_is_news_and_as_old_as_the_first(caplog):
    troubles = Troubles()
    troubles.begin("work", UnavailableError("Away."))
    since = troubles.open["work"].since
    troubles.begin("work", SettingsError("Closed."))

    assert (troubles.open["work"].says, troubles.open["work"].since) == ("Closed.", since)
    assert [record.levelname for record in caplog.records] == ["WARNING", "ERROR"]


async def test_what_is_done_once_is_tried_until_it_is_done():
    turns = Turns(*(UnavailableError(**SOON) for _ in range(3)))
    async with asyncio.timeout(2):
        await until_done("work", turns, Troubles())

    assert turns.errors == []


@pytest.mark.parametrize(
    "error", [StoreTooNewError(), ExceptionGroup("lanes", [StoreTooNewError(), KeyError()])]
)
async def test_a_ledger_of_a_newer_sluss_alone_ends_it(error):
    with pytest.raises(type(error)):
        await keep("work", Turns(error), Troubles())


async def test_who_is_cancelled_ends_within_a_turn_and_between_two():
    waits = asyncio.Event()
    for turn in (waits.wait, Turns()):
        task = asyncio.create_task(keep("work", turn, Troubles(), every_s=60))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("made_of_it", [OSError("disk"), None], ids=["an_error", "nothing"])
async def test_who_is_cancelled_ends_whatever_a_library_makes_of_that(made_of_it):
    async def turn():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            if made_of_it:
                raise made_of_it from None

    task = asyncio.create_task(keep("work", turn, Troubles(), every_s=60))
    await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=2)
    await ended(task)
    assert done
    assert task.cancelled()


PAUSES = [
    (1, UnavailableError(), 0.5),
    (4, UnavailableError(), 4.0),
    (50, UnavailableError(), 60.0),
    (1, UnavailableError(retry_after_s=120), 120.0),
    (50, UnavailableError(longest_s=2, retry_after_s=2), 2.0),
    (50, TimeoutError(), 60.0),
    (1, KeyError(), 0.5),
    (50, KeyError(), 300.0),
    (1, SettingsError(), 30.0),
    (50, SettingsError(), 300.0),
]


@pytest.mark.parametrize(("in_vain", "error", "seconds"), PAUSES)
def test_a_pause_grows_and_honours_what_a_system_asks_for(in_vain, error, seconds):
    assert seconds <= pause_after(in_vain, error) <= seconds * 1.25
