"""What a command is: its words, its help, how a typed line finds it, and what it works with."""

import difflib
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final, Generic, TypeVar

import msgspec

from bot.show import Show
from bot.typed_line import TypedLine, is_courtesy, plain
from core.card import Card
from core.errors import SlussError, UnknownNameError
from core.events.base import Event
from core.origin import EventOrigin
from core.people import Person

ARGUMENT = re.compile(r"<([\w ]+)>|\[([\w ]+)(?: …)?\]")
SIMILAR = 0.7
LONGEST_NAME = 60  # letters that are compared with the name of a command
HELP: Final = "help"
SEVERAL = (
    "These lines are several commands, and one message is one. Nothing was done; send them one "
    "after another."
)

Run = TypeVar("Run", bound=Callable[..., Awaitable[Card]])


class UsageError(SlussError):
    """The command was not understood. Nothing was done; see its usage."""


class UnknownCommandError(UnknownNameError):
    """There is no such command. Nothing was done; the help has all of them."""

    def __str__(self) -> str:
        return f"{super().__str__()} Nothing was done; `help` shows what you can ask."


class Command(msgspec.Struct, Generic[Run], frozen=True, kw_only=True):
    """``usage`` is "model status <model>": plain words name it, ``<needed>``, ``[optional]``.

    ``[rest …]`` at the end takes all further words, as a sentence.
    """

    usage: str
    description: str
    who: str
    examples: tuple[str, ...]
    run: Run

    @property
    def name(self) -> str:
        return " ".join(ARGUMENT.sub("", self.usage).split())

    @property
    def needed(self) -> tuple[str, ...]:
        return tuple(name for name, _ in ARGUMENT.findall(self.usage) if name)

    @property
    def most(self) -> int:
        return len(ARGUMENT.findall(self.usage))

    @property
    def has_rest(self) -> bool:
        """Whether its last argument is a sentence."""
        return self.usage.endswith("…]")

    def arguments(self, line: TypedLine) -> list[str]:
        """The words as the function gets them: a rest is one, and stands as it was typed."""
        named = len(self.name.split())
        typed = list(line.words[named:])
        if not self.has_rest:
            while len(typed) > self.most and is_courtesy(typed[-1]):
                typed.pop()
            return typed
        rest = line.rest(named + self.most - 1)
        return [*typed[: self.most - 1], *([rest] if rest else [])]

    def help(self) -> str:
        """One line for a person who got it wrong."""
        example = f" For example: {self.examples[0]}" if self.most else ""
        return f"Usage: {self.usage}.{example}"


def command(
    usage: str, description: str, *, who: str, examples: Sequence[str] = ()
) -> Callable[[Run], Command[Run]]:
    """Make a function the command ``usage``; no help, no registration.

    A command that takes arguments needs an example, and every example must be that command.
    """

    def decorate(run: Run) -> Command[Run]:
        shown = tuple(examples) or (usage,)
        made = Command(usage=usage, description=description, who=who, examples=shown, run=run)
        if not (made.name and description and who) or (made.most and not examples):
            raise ValueError(f"the command {usage!r} needs a description, who may use it, examples")
        for example in examples:
            find(example, [made])
        return made

    return decorate


class Asker(msgspec.Struct, frozen=True, kw_only=True):
    """Who typed a command, the state of things, and the commands there are."""

    person: Person
    show: Show
    commands: Sequence[Command[Any]]

    async def wants(self, event: Event) -> None:
        """Hand over what the person wants. Raise RefusedError when the flow refuses it."""
        (await self.show.ports.handle(event, EventOrigin.BOT)).raise_refusal()


class Call(msgspec.Struct, Generic[Run], frozen=True):
    """A typed line, understood."""

    command: Command[Run]
    words: list[str]


def words_of(text: str) -> list[str]:
    """The words of a message without what people and chats put around them."""
    return list(TypedLine(text).words)


def find(text: str, commands: Iterable[Command[Run]]) -> Call[Run]:
    """Raise UnknownNameError with near names, or UsageError when arguments do not fit.

    Of several lines one is the command; two are too many.
    """
    known = list(commands)
    try:
        return _find(TypedLine(text), known)
    except (UnknownNameError, UsageError):
        lines = [line for line in map(TypedLine, plain(text).splitlines()) if line.words]
        calling = [line for line in lines if _fitting(line.words, known)]
        if len(lines) < 2 or not calling:  # noqa: PLR2004 - several
            raise
        if len(calling) > 1:
            raise UsageError(SEVERAL) from None
        return _find(calling[0], known)


def _find(line: TypedLine, known: list[Command[Run]]) -> Call[Run]:
    words = line.words
    fitting = _fitting(words, known)
    if not fitting:
        raise UnknownCommandError("command", " ".join(words[:3]), near(words, known))
    best = max(fitting, key=lambda each: len(each.name.split()))
    arguments = best.arguments(line)
    wants_help = [word.casefold() for word in arguments] == [HELP]
    if wants_help or (line.text.endswith("?") and best.needed and not arguments):
        return _help_with(best, known)
    if not len(best.needed) <= len(arguments) <= best.most:
        raise UsageError(_complaint(best, arguments))
    return Call(best, arguments)


def _help_with(best: Command[Run], known: Iterable[Command[Run]]) -> Call[Run]:
    """``request help`` and ``request ?`` mean ``help request``."""
    found = next((each for each in known if each.name == HELP and each.has_rest), None)
    if found is None or best is found:
        raise UsageError(best.help())
    return Call(found, [best.name])


def _fitting(words: Sequence[str], known: Iterable[Command[Run]]) -> list[Command[Run]]:
    return [each for each in known if _starts_with(words, each.name)]


def near(words: Sequence[str], commands: Iterable[Command[Run]]) -> tuple[str, ...]:
    """At most three commands that may be meant: typed in part, or nearly right."""
    scored = [(_likeness(words, each.name), each.name) for each in commands]
    found = sorted((pair for pair in scored if pair[0] >= SIMILAR), key=lambda pair: -pair[0])
    return tuple(name for _, name in found[:3])


def _starts_with(words: Sequence[str], name: str) -> bool:
    wanted = name.casefold().split()
    return [word.casefold() for word in words[: len(wanted)]] == wanted


def _likeness(words: Sequence[str], name: str) -> float:
    parts = name.casefold().split()
    typed = " ".join(words[: len(parts)]).casefold()[:LONGEST_NAME]
    if typed and len(words) < len(parts) and name.casefold().startswith(typed):
        return 1.0
    return difflib.SequenceMatcher(None, typed, " ".join(parts)).ratio()


def _complaint(command: Command[Run], arguments: Sequence[str]) -> str:
    if len(arguments) > command.most:
        extra = " ".join(arguments[command.most :])
        return f"{extra!r} is more than {command.name!r} takes. {command.help()}"
    missing = " and ".join(command.needed[len(arguments) :])
    return f"{command.name!r} needs {missing}. {command.help()}"
