"""What every keeper of conversations must do: a subclass brings ``opened``.

``opened`` opens what is kept, each time as another process would.
"""

import asyncio
from collections.abc import Callable

from core.ports import Conversations

Opened = Callable[[], Conversations]


class ConversationsContract:
    async def test_a_conversation_that_never_spoke_has_no_place(self, opened: Opened):
        assert await opened().find_place("general") is None

    async def test_what_one_process_kept_another_one_finds(self, opened: Opened):
        await opened().keep_place("general", '{"at": "x"}')
        assert await opened().find_place("general") == '{"at": "x"}'

    async def test_a_conversation_is_where_it_spoke_last(self, opened: Opened):
        kept = opened()
        for place in ("first", "second", "second"):
            await kept.keep_place("general", place)
        assert await kept.find_place("general") == "second"

    async def test_many_that_speak_at_once_are_all_kept(self, opened: Opened):
        kept = opened()
        await asyncio.gather(*(kept.keep_place(f"19:{n}", f"place {n}") for n in range(9)))
        found = [await opened().find_place(f"19:{n}") for n in range(9)]
        assert found == [f"place {n}" for n in range(9)]
