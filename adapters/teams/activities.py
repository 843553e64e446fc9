"""Reads person, conversation and click from the channel's activities, and makes those of cards."""

from typing import Any

import msgspec
from microsoft_agents.activity import Activity, Attachment

from adapters.teams.adaptive_cards import CONTENT_TYPE, encode
from adapters.teams.addresses import Address
from core.card import Card, Text
from core.conversation import direct
from core.words import PersonId

CLICK = "adaptiveCard/action"
THREAD = ";messageid="  # a reply in a channel's thread names its first message here
MESSAGE_TYPE = "application/vnd.microsoft.activity.message"


class Action(msgspec.Struct, frozen=True):
    verb: str = ""
    data: dict[str, Any] | None = None


class Pressed(msgspec.Struct, frozen=True):
    """The part of a click that we read; nothing in it says who pressed."""

    action: Action

    def words(self) -> dict[str, str]:
        """Return the inputs as text, as some clients send numbers and booleans."""
        data = self.action.data or {}
        return {name: _as_text(value) for name, value in data.items() if value is not None}


def pressed(activity: Activity) -> Pressed | None:
    try:
        return msgspec.convert(activity.value, Pressed)
    except msgspec.ValidationError:
        return None


def object_id(activity: Activity) -> str:
    """Return the sender's id in the directory, or ""; a display name proves nothing."""
    sender = activity.from_property
    return (sender.aad_object_id or "") if sender else ""


def tenant(activity: Activity) -> str:
    if activity.conversation and activity.conversation.tenant_id:
        return str(activity.conversation.tenant_id)
    data = activity.channel_data if isinstance(activity.channel_data, dict) else {}
    found = data.get("tenant")
    return str(found.get("id", "")) if isinstance(found, dict) else ""


def conversation(activity: Activity) -> str:
    """Return our name of the conversation; a personal one is named after the person."""
    if activity.conversation.conversation_type == "personal" and object_id(activity):
        return direct(PersonId(object_id(activity)))
    return str(activity.conversation.id).partition(THREAD)[0]


def address(activity: Activity) -> Address:
    return Address(
        service_url=activity.service_url or "",
        conversation=str(activity.conversation.id).partition(THREAD)[0],
        channel=str(activity.channel_id or ""),
        tenant=tenant(activity),
        bot=(activity.recipient.id or "") if activity.recipient else "",
    )


def card_activity(card: Card) -> Activity:
    """Make a message of the card; a phone shows ``summary`` in its notification."""
    attachment = Attachment(content_type=CONTENT_TYPE, content=encode(card))
    return Activity(type="message", attachments=[attachment], summary=card.summary or "A card")


def card_answer(card: Card) -> Activity:
    """Answer a click with a card that replaces the old one for the person who pressed."""
    return _answer(CONTENT_TYPE, encode(card))


def message_answer(text: str) -> Activity:
    """Answer a click with a text for the person who pressed; the card stays usable."""
    return _answer(MESSAGE_TYPE, text)


def text_card(*lines: str) -> Card:
    body = tuple(Text(line) for line in lines if line)
    return Card(summary=next(iter(lines), ""), body=body)


def _answer(kind: str, value: object) -> Activity:
    body = {"statusCode": 200, "type": kind, "value": value}
    return Activity(type="invokeResponse", value={"status": 200, "body": body})


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
