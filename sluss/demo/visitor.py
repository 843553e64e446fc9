"""A person of the story, who presses and writes through the endpoint that Teams would call."""

import uuid
from typing import Any, Final

import aiohttp
import msgspec

from core.people import Person

CARD: Final = "application/vnd.microsoft.card.adaptive"


class ButtonAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a pressed button: a card, or why not; of an old button it is both."""

    card: dict[str, Any] | None = None
    refusal: str = ""


class Visitor:
    """A person who speaks the Bot Framework protocol to the endpoint, as Teams would.

    ``url`` is the server's, ``conversation`` where the person writes, and ``token`` that of the
    start, as the chat window has it.
    """

    def __init__(
        self, person: Person, url: str, conversation: str = "general", *, token: str
    ) -> None:
        self.person = person
        self._url = url
        self._conversation = conversation
        self._proof = {"Authorization": f"Bearer {token}"}

    async def press(self, verb: str, **data: str) -> ButtonAnswer:
        """Press a button of a card, with what was typed into it."""
        action = {"type": "Action.Execute", "verb": verb, "data": data}
        value = {"action": action, "trigger": "manual"}
        answer = await self._send(
            {**self._activity("invoke"), "name": "adaptiveCard/action", "value": value}
        )
        if answer.get("type") == CARD:
            return ButtonAnswer(card=answer["value"], refusal=_on_top(answer["value"]))
        return ButtonAnswer(refusal=str(answer.get("value", "")))

    async def say(self, text: str) -> None:
        """Write a message; the answer comes as a card of its own, into the conversation."""
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
        async with (
            aiohttp.ClientSession(headers=self._proof) as session,
            session.post(url, json=activity) as answer,
        ):
            answer.raise_for_status()
            text = await answer.text()
        found: dict[str, Any] = msgspec.json.decode(text) if text.strip() else {}
        return found


def _on_top(card: dict[str, Any]) -> str:
    """Return the reason that stands on top of a newer card, and is its summary then; else ""."""
    summary, top = str(card["fallbackText"]), msgspec.json.encode(card["body"][0]).decode()
    is_refusal = '"attention"' in top and summary[:80] in top.replace("\\", "")
    return summary if is_refusal else ""
