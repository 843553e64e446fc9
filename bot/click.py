"""Which function answers which button: a card's file registers beside its render function."""

from collections.abc import Callable, Iterable, Mapping
from typing import Generic, TypeVar

from core.conversation import Click
from core.errors import UnknownNameError

__all__ = ["Click", "Clicks"]

Answer = TypeVar("Answer")
Wanted = Callable[[Click], Answer]


class Clicks(Generic[Answer]):
    """``@clicks.on("approval.approve")``; a verb belongs to one function only."""

    def __init__(self) -> None:
        self._wanted: dict[str, Wanted[Answer]] = {}

    def on(self, verb: str) -> Callable[[Wanted[Answer]], Wanted[Answer]]:
        def register(wanted: Wanted[Answer]) -> Wanted[Answer]:
            if verb in self._wanted:
                raise ValueError(f"the verb {verb!r} is taken; every verb has one function")
            self._wanted[verb] = wanted
            return wanted

        return register

    def include(self, others: Iterable["Clicks[Answer]"]) -> None:
        """Take over the verbs of the cards' files."""
        for other in others:
            for verb, wanted in other.verbs.items():
                self.on(verb)(wanted)

    def answer(self, click: Click) -> Answer:
        """Raise UnknownNameError for a button that an older card still carries."""
        wanted = self._wanted.get(click.verb)
        if wanted is None:
            raise UnknownNameError("button", click.verb)
        return wanted(click)

    @property
    def verbs(self) -> Mapping[str, Wanted[Answer]]:
        return self._wanted
