"""The bot's endpoint and the chat window together on a free port, as the wiring puts them."""

from contextlib import asynccontextmanager
from types import SimpleNamespace

import msgspec
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from adapters.teams.addresses import LocalAddresses
from adapters.teams.chat import TeamsChat, TeamsSettings, teams_app
from tests.adapters.teams.channel import PEOPLE, People
from tests.adapters.teams.counting_bot import CountingBot
from web.chat import ChatSettings, Room, Suggestion, chat_app
from web.style import style_routes

LOCAL = TeamsSettings(is_local=True)
SUGGESTIONS = (
    Suggestion(usage="help", description="What Sluss understands"),
    Suggestion(usage="count", description="The counter"),
    Suggestion(usage="every kind", description="Every element of a card"),
    Suggestion(usage="model status <model>", description="Where a model stands"),
)


def chat_settings(base_url, history):
    return ChatSettings(
        base_url=base_url,
        history=history,
        people=tuple(PEOPLE.values()),
        rooms=(
            Room(id="general", title="General", about="Every team without a room of its own"),
            Room(id="approvals", title="Approvals", about="What waits for another person"),
        ),
        suggestions=SUGGESTIONS,
    )


@asynccontextmanager
async def a_chat(folder, bot=None, port=0, *, directory=None, people=None, roles=None):
    """``chat`` posts as a worker would; start it twice on one folder for a restart."""
    port = port or unused_port()
    settings = chat_settings(f"http://127.0.0.1:{port}", folder / "chat.jsonl")
    settings = msgspec.structs.replace(settings, people=people or settings.people)
    addresses = LocalAddresses(settings.service_url)
    bot = bot or CountingBot()
    app = web.Application()
    app.add_routes(style_routes())
    app.add_subapp("/api", teams_app(bot, directory or People(), addresses, LOCAL))
    app.add_subapp("/chat", chat_app(settings, roles))
    async with TestServer(app, port=port):
        chat = TeamsChat(addresses, LOCAL)
        yield SimpleNamespace(url=settings.base_url, bot=bot, chat=chat, port=port)
