"""Results that our own stop has spoilt are told apart from real failures."""

import asyncio

import pytest

from core.errors import InterruptedWorkError
from core.stopping import Stopping


def stopping(*, takes_children):
    found = Stopping()
    found.tell_apart_by(lambda: takes_children)
    return found


async def test_a_bad_result_counts_while_nobody_ends_us():
    assert not await stopping(takes_children=False).is_to_blame()
    assert not await Stopping().is_to_blame()


async def test_a_bad_result_counts_when_only_we_are_told_to_end():
    """As `docker stop` does it: the tools go on, and what is under work may get done."""
    ending = stopping(takes_children=False)
    ending.begin()

    assert not await ending.is_to_blame()


async def test_a_bad_result_is_let_go_of_when_all_processes_are_ended():
    ending = stopping(takes_children=True)
    ending.begin()

    with pytest.raises(InterruptedWorkError):
        await ending.let_go_of_spoilt()


async def test_the_children_may_die_a_moment_before_we_are_told():
    ending = stopping(takes_children=True)
    asyncio.get_running_loop().call_later(0.3, ending.begin)

    assert await ending.is_to_blame()


async def test_whoever_ends_a_child_alone_does_not_end_us():
    assert not await stopping(takes_children=True).is_to_blame()
