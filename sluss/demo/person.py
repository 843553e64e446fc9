"""A person at the chat: speaks the Bot Framework protocol to the endpoint, as Teams would."""

import uuid
from typing import Any

import aiohttp
import msgspec

from core.people import Person

CARD = "application/vnd.microsoft.card.adaptive"


class ButtonAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a pressed button brings: a card, or a text that says why not."""

    card: dict[str, Any] | None = None
    refusal: str = ""


class Visitor:
    """``url`` is the server's; ``conversation`` is where the person sits."""

    def __init__(self, person: Person, url: str, conversation: str = "general") -> None:
        self.person = person
        self._url = url
        self._conversation = conversation

    async def press(self, verb: str, **data: str) -> ButtonAnswer:
        """Press a button of a card, with what was typed into it."""
        action = {"type": "Action.Execute", "verb": verb, "data": data}
        value = {"action": action, "trigger": "manual"}
        answer = await self._send(
            {**self._activity("invoke"), "name": "adaptiveCard/action", "value": value}
        )
        if answer.get("type") == CARD:
            return ButtonAnswer(card=answer["value"])
        return ButtonAnswer(refusal=str(answer.get("value", "")))

    async def say(self, text: str) -> None:
        """The answer comes as a card of its own, into the conversation."""
        await self._send({**self._activity("message"), "text": text})

    def _activity(self, kind: str) -> dict[str, Any]:
        return {
            "type": kind,
            "id": uuid.uuid4().hex,
            "channelId": "msteams",
            "serviceUrl": f"{self._url}/chat/connector/",
            "from": {
                "id": self.person.id,
                "aadObjectId": self.person.id,
                "name": self.person.name,
            },
            "recipient": {"id": "sluss", "name": "Sluss"},
            "conversation": {"id": self._conversation},
        }

    async def _send(self, activity: dict[str, Any]) -> dict[str, Any]:
        url = f"{self._url}/api/messages"
        async with aiohttp.ClientSession() as session, session.post(url, json=activity) as answer:
            answer.raise_for_status()
            text = await answer.text()
        found: dict[str, Any] = msgspec.json.decode(text) if text.strip() else {}
        return found
