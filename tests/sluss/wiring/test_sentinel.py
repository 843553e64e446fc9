"""The sentinel stands, falls with all others, and is set up again when it was ended alone."""

import time

import pytest

from sluss.wiring import sentinel
from sluss.wiring.sentinel import Sentinel

SOON_S = 10


def until(condition):
    deadline = time.monotonic() + SOON_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def standing():
    with Sentinel() as found:
        yield found


def test_it_stands(standing):
    assert not standing.has_fallen()


def test_it_falls_by_the_signal_that_all_get(standing):
    standing._process.terminate()
    until(standing.has_fallen)


def test_another_one_stands_when_nobody_has_ended_us(standing, monkeypatch):
    monkeypatch.setattr(sentinel, "LASTS_S", 0.1)
    standing._process.terminate()
    until(standing.has_fallen)
    until(lambda: not standing.has_fallen())


def test_it_leaves_no_process():
    with Sentinel() as found:
        process = found._process
    assert process.returncode is not None
