"""A small bot for the tests of every chat surface: it counts, refuses, breaks, shows all elements."""

from bot.command import words_of
from core.card import Banner, Button, Card, Text, TextInput, Tone
from core.errors import RefusedError, UnavailableError, UnknownNameError
from tests.adapters.teams.cards import every_kind

SECRET = "password=hunter2"


def counter(count, *, comment=""):
    said = (Text(f"because {comment}"),) if comment else ()
    return Card(
        summary=f"Counted to {count}",
        body=(
            Banner(f"Counted to {count}", Tone.GOOD),
            *said,
            TextInput(id="comment", label="Why"),
        ),
        buttons=(
            Button(title="Count", verb="count.up", data={"seen": str(count)}, tone=Tone.GOOD),
            Button(title="Refuse me", verb="count.refuse", tone=Tone.BAD),
            Button(title="Only for me", verb="count.private", needs_inputs=False),
            Button(title="Break", verb="count.break", needs_inputs=False),
        ),
    )


class CountingBot:
    """One counter; a click on a card that was seen before counts once."""

    def __init__(self):
        self.count = 0
        self.heard = []
        self.clicks = []

    async def message(self, person, text, conversation):
        self.heard.append((person, text, conversation))
        match " ".join(words_of(text)):
            case "count":
                return counter(self.count)
            case "every kind":
                return every_kind()
            case "refuse":
                raise RefusedError("You pushed this release.", "Bo or Cara may approve it.")
            case "unknown":
                raise UnknownNameError("model", "lone", ["loan"])
            case "down":
                raise UnavailableError("The registry does not answer.")
            case "break":
                raise ZeroDivisionError(SECRET)
        said = f"{person.name} said {text}"
        return Card(summary=said, body=(Text(said),))

    async def click(self, click):
        self.clicks.append(click)
        match click.verb:
            case "count.up":
                self.count += click.data.get("seen") == str(self.count)
                return counter(self.count, comment=click.data.get("comment", ""))
            case "count.refuse":
                raise RefusedError("You pushed this release.", "Bo or Cara may approve it.")
            case "count.old":
                error = RefusedError("This card is out of date.")
                error.newest = counter(self.count)
                raise error
            case "count.private":
                body = (Text(f"only for {click.person.name}"),)
                send = Button(title="Send it", verb="count.sent")
                return Card(summary="private", body=body, buttons=(send,), is_private=True)
            case "count.sent":
                return Card(summary="sent", body=(Text("It is sent"),), is_private=True)
            case "count.break":
                raise ZeroDivisionError(SECRET)
        raise UnknownNameError("button", click.verb)
