"""Reads what we need of the channel's activities, and makes those that answer them.

Whoever may send can write anything into an activity. What we do not read never reaches the SDK,
whose own reading of some fields (a role, a way of delivery, an entity) ends in its errors.
"""

from typing import Any, Final

import msgspec
from microsoft_agents.activity import Activity, Attachment

from adapters.teams.adaptive_cards import CONTENT_TYPE, encode
from adapters.teams.addresses import Address
from adapters.teams.settings import CHANNEL
from core.card import Card, Text
from core.conversation import direct
from core.typed_text import clean_json
from core.words import PersonId

CLICK: Final = "adaptiveCard/action"
THREAD: Final = ";messageid="  # a reply in a channel's thread names its first message here
MESSAGE_TYPE: Final = "application/vnd.microsoft.activity.message"
BOT: Final = "28:"  # with which the ids of bots begin
LONGEST_ID: Final = 512


class Sender(msgspec.Struct, frozen=True, rename="camel"):
    id: str = ""
    aad_object_id: str = ""
    role: str = ""
    user_role: str = ""
    tenant_id: str = ""

    @property
    def is_person(self) -> bool:
        """Bots, skills and guests say so themselves; a person's activity says "user" or nothing."""
        roles = {self.role.casefold(), self.user_role.casefold()}
        return roles <= {"", "user"} and not self.id.startswith(BOT)


class Whereabouts(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    conversation_type: str = ""
    tenant_id: str = ""


class Sent(msgspec.Struct, frozen=True, rename="camel"):
    """The part of an activity that we read; nothing of it proves anything by itself."""

    type: str
    conversation: Whereabouts
    channel_id: str = ""
    service_url: str = ""
    id: str = ""
    name: str = ""
    text: str = ""
    action: str = ""
    reply_to_id: str = ""
    sender: Sender = msgspec.field(default=Sender(), name="from")
    recipient: Sender = Sender()
    members_added: tuple[Sender, ...] = ()
    value: Any = None
    channel_data: Any = None

    @property
    def object_id(self) -> str:
        """The sender's id in the directory, or ""; a display name proves nothing."""
        return self.sender.aad_object_id

    @property
    def tenant(self) -> str:
        """The tenant; "" where conversation, channel and sender name none, or two."""
        data = self.channel_data if isinstance(self.channel_data, dict) else {}
        channel = data.get("tenant")
        in_channel = channel.get("id") if isinstance(channel, dict) else channel
        said = (self.conversation.tenant_id, in_channel, self.sender.tenant_id)
        named = {str(tenant).casefold() for tenant in said if tenant}
        return named.pop() if len(named) == 1 else ""

    @property
    def place(self) -> str:
        """The channel's own id of the conversation, without the thread."""
        return self.conversation.id.partition(THREAD)[0]

    @property
    def conversation_name(self) -> str:
        """Our name of the conversation; a personal one is named after the person."""
        if self.conversation.conversation_type == "personal" and self.object_id:
            return direct(PersonId(self.object_id))
        return self.place

    @property
    def has_installed_us(self) -> bool:
        """Whether the channel says that our app was added to the conversation."""
        if self.type == "installationUpdate":
            return self.action.startswith("add")
        added = {member.id for member in self.members_added if member.id}
        return self.type == "conversationUpdate" and self.recipient.id in added


class Action(msgspec.Struct, frozen=True):
    verb: str = ""
    data: dict[str, Any] | None = None


class Pressed(msgspec.Struct, frozen=True):
    """The part of a click that we read; nothing in it says who pressed."""

    action: Action

    def words(self) -> dict[str, str]:
        """Return the inputs as text, as some clients send numbers and booleans."""
        return {name: _as_text(value) for name, value in (self.action.data or {}).items()}


def read(body: bytes) -> Sent | None:
    """Return the activity in the body, with every text clean, or None for what is none."""
    try:
        sent = msgspec.convert(clean_json(body.decode("utf-8", "replace")), Sent)
    except ValueError:  # each of json's and msgspec's is one
        return None
    ids = (sent.id, sent.conversation.id, sent.reply_to_id, sent.object_id)
    is_one = sent.type and sent.place and all(len(each) <= LONGEST_ID for each in ids)
    return sent if is_one else None


def pressed(sent: Sent) -> Pressed | None:
    try:
        return msgspec.convert(sent.value, Pressed)
    except msgspec.ValidationError:
        return None


def address(sent: Sent) -> Address:
    return Address(
        service_url=sent.service_url,
        conversation=sent.place,
        tenant=sent.tenant,
        bot=sent.recipient.id,
    )


def to_answer(sent: Sent) -> Activity:
    """Make the SDK's activity, with no more of what was sent than an answer needs."""
    said = {
        "type": sent.type,
        "id": sent.id,
        "channelId": CHANNEL,
        "serviceUrl": sent.service_url,
        "replyToId": sent.reply_to_id,
        "from": {"id": sent.sender.id},
        "recipient": {"id": sent.recipient.id},
        "conversation": {
            "id": sent.conversation.id,
            "conversationType": sent.conversation.conversation_type,
            "tenantId": sent.tenant,
        },
    }
    return Activity.model_validate(_filled(said))


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


def _filled(said: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is empty: the SDK takes no empty text."""
    inner = (
        (name, _filled(each) if isinstance(each, dict) else each) for name, each in said.items()
    )
    return {name: each for name, each in inner if each != ""}
