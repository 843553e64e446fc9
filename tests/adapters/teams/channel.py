"""The channel's side: sends activities to the bot, and takes what the bot posts."""

from contextlib import asynccontextmanager
from types import SimpleNamespace

from aiohttp import web
from aiohttp.test_utils import TestServer

from core.people import Person
from core.words import PersonId

PEOPLE = {
    "anna": Person(id=PersonId("anna"), name="Anna Berg", groups=frozenset({"credit"})),
    "bo": Person(id=PersonId("bo"), name="Bo Ek", groups=frozenset({"approvers"})),
}


LEFT = Person(id=PersonId("dora"), name="Dora Hall", is_active=False)


class People:
    """The directory of the tests; it remembers who has left."""

    async def person(self, object_id):
        return LEFT if object_id == LEFT.id else PEOPLE.get(object_id)

    async def known_as(self, email):
        return None

    async def members(self, group):
        return tuple(person for person in PEOPLE.values() if person.is_member(group))


class Connector:
    """Takes what the bot posts and updates, as the channel's connector does."""

    def __init__(self):
        self.posted = []
        self.updated = []
        self.status = 201
        self.text = ""
        self.page = b""

    async def post(self, request):
        self.posted.append((request.match_info["conversation"], await request.json()))
        return self._answer(f"posted-{len(self.posted)}")

    async def update(self, request):
        self.updated.append((request.match_info["activity"], await request.json()))
        return self._answer(request.match_info["activity"])

    def _answer(self, activity):
        if self.page:
            return web.Response(body=self.page, content_type="application/json", status=self.status)
        if self.status >= 400:
            return web.json_response({"error": {"code": self.text}}, status=self.status)
        return web.json_response({"id": activity}, status=self.status)

    def app(self):
        app = web.Application()
        one = "/v3/conversations/{conversation}/activities"
        app.router.add_post(one, self.post)
        app.router.add_post(f"{one}/{{activity}}", self.post)
        app.router.add_put(f"{one}/{{activity}}", self.update)
        return app


@asynccontextmanager
async def a_connector():
    connector = Connector()
    async with TestServer(connector.app()) as server:
        yield SimpleNamespace(url=str(server.make_url("/")), peer=connector)


def an_activity(service_url, *, person="anna", **more):
    return {
        "type": "message",
        "id": "in-1",
        "channelId": "msteams",
        "serviceUrl": service_url,
        "from": {"id": "29:x", "name": "Chief Risk Officer", "aadObjectId": person},
        "recipient": {"id": "28:bot"},
        "conversation": {"id": "general", "conversationType": "channel", "tenantId": "our-tenant"},
        **more,
    }


def a_click(service_url, verb, *, person="anna", data=None, **more):
    """As a client sends a press: the button's data merged with the card's inputs."""
    action = {"type": "Action.Execute", "verb": verb, "data": data or {}}
    pressed = {
        "type": "invoke",
        "name": "adaptiveCard/action",
        "id": "click-1",
        "replyToId": "card-1",
        "value": {"action": action, "trigger": "manual"},
    }
    return an_activity(service_url, person=person, **{**pressed, **more})
