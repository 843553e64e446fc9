"""Takes turns about one thing at the host of git, and says what is missing while it is closed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from uuid import uuid4

from core.again import Troubles
from core.errors import SlussError, StepFailedError, UnavailableError, UnknownNameError
from core.ports import CardBook

# What is under way when the limit is over may still arrive, so the lease outlasts it.
LIMIT_S: Final = 60.0
LEASE_S: Final = 150.0
PATIENCE_S: Final = 60.0  # before a right that was missing is looked for again
LONGEST_PATIENCE_S: Final = 300.0

LEASED: Final = (
    "What the host of git says about {about} is brought up to date by another worker now. Nothing "
    "was lost; it is looked at again."
)
SLOW: Final = (
    "The host of git took longer than {limit_s:g} seconds for what is said about {about}. What "
    "was written stays; the rest is written at the next try."
)


@asynccontextmanager
async def turn_at_host(
    book: CardBook, troubles: Troubles, key: str, *, about: str, work: str
) -> AsyncIterator[None]:
    """Hold the turn of ``key``; while the host is closed to us, ``work`` is a trouble.

    Raise UnavailableError then, also where a right is missing or something is not shown to us, and
    while another worker has the turn.
    """
    async with _alone(book, key, about):
        try:
            yield
        except UnavailableError as error:
            troubles.begin(work, error)
            raise
        except (StepFailedError, UnknownNameError) as error:
            troubles.begin(work, error)
            raise UnavailableError(
                str(error), retry_after_s=PATIENCE_S, longest_s=LONGEST_PATIENCE_S
            ) from error
    troubles.end(work)


@asynccontextmanager
async def _alone(book: CardBook, key: str, about: str) -> AsyncIterator[None]:
    """Who is cut off keeps the lease until it runs out: what they wrote may be under way."""
    owner = uuid4().hex
    if await book.lease_card(key, owner, LEASE_S) is None:
        raise UnavailableError(LEASED.format(about=about), retry_after_s=0.25, longest_s=1.0)
    try:
        async with asyncio.timeout(LIMIT_S):
            yield
    except TimeoutError as error:
        raise UnavailableError(SLOW.format(about=about, limit_s=LIMIT_S)) from error
    except SlussError:
        await book.release_lease(key, owner)
        raise
    await book.release_lease(key, owner)
