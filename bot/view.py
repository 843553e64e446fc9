"""What the cards show: frozen views of the state, so that rendering is a pure function."""

from datetime import datetime

import msgspec

from bot.ports import BotPorts
from core import reading, waiting
from core.authority.acts import Act
from core.authority.evaluate import may
from core.authority.ruling import Ruling
from core.context import Context
from core.errors import UnknownNameError
from core.people import Person
from core.policy import Policy
from core.reading import Delta
from core.release.model import Model
from core.release.release import Release
from core.words import ReleaseId, Stage


class CardSubject(msgspec.Struct, frozen=True, kw_only=True):
    """What a card is about, in the state that it is shown from.

    ``name`` is the subject in the card's own terms: a release, an approval, an event. ``page_url``
    is where our pages start, without a last slash; ``team`` is whose repository it is.
    """

    name: str
    model: Model
    context: Context
    page_url: str
    team: str = ""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """One release as it is now.

    ``page_url`` is where our pages start, without a last slash; "" where there are none.
    """

    model: Model
    release: Release
    context: Context
    page_url: str
    team: str = ""

    @property
    def policy(self) -> Policy:
        return self.context.policy

    @property
    def now(self) -> datetime:
        return self.context.now

    @property
    def name(self) -> str:
        return self.release.model or self.model.name or self.model.stream

    @property
    def title(self) -> str:
        """The release by its id, which is its one name; two repositories may say one MODEL_NAME."""
        return self._titled("")

    @property
    def versioned(self) -> str:
        """The release by its id, with the version in the registry that it has become."""
        return self._titled(f"version {self.version}" if self.version else "")

    def _titled(self, version: str) -> str:
        name = self.release.model
        is_told = name.casefold() == self.model.stream.casefold()
        beside = " ".join(filter(None, ("" if is_told else name, version)))
        return f"{self.release.id} ({beside})" if beside else self.release.id

    @property
    def version(self) -> str:
        return self.release.registered.version if self.release.registered else ""

    @property
    def page(self) -> str:
        return page(self.page_url, f"/releases/{self.release.id}")

    @property
    def elsewhere(self) -> str:
        """Where the rest of a list is to be read, at the end of a sentence, if anywhere."""
        return " on the release page" if self.page_url else ""

    @property
    def champion(self) -> Release | None:
        return reading.champion_of(self.model, self.release)

    @property
    def is_passed(self) -> bool:
        """Whether a newer release is in production: this one does not come there any more."""
        return reading.has_passed(self.model, self.release)

    @property
    def deltas(self) -> tuple[Delta, ...]:
        return reading.deltas(self.release, self.champion, self.policy)

    def may(self, act: Act, person: Person | None = None) -> Ruling:
        """What the flow would say; without a person, what stands in the way whoever acts."""
        return may(person, act, self.model, self.context)

    @property
    def next_stages(self) -> tuple[Stage, ...]:
        """The stages that can be asked for now; what a newer one has passed by is not offered."""
        return waiting.next_stages(self.model, self.release, self.context)

    @property
    def waits_for(self) -> str:
        """What it waits for in one sentence; "" when the release has come to its end."""
        return waiting.waits_for(self.model, self.release, self.context)


def release_view(subject: CardSubject, release: str) -> View:
    """Raise UnknownNameError when there is no such release."""
    model = subject.model
    found = model.releases.get(ReleaseId(release))
    if found is None:
        raise UnknownNameError("release", release, list(model.releases)[-3:])
    return View(
        model=model,
        release=found,
        context=subject.context,
        page_url=subject.page_url,
        team=subject.team,
    )


async def whole_view(subject: CardSubject, ports: BotPorts) -> View:
    """The state keeps little of a final release; its card shows the findings still."""
    view = release_view(subject, subject.name)
    if not view.release.is_final:
        return view
    whole = await ports.handle.release(view.release.id)
    return msgspec.structs.replace(view, release=whole or view.release)


def page(page_url: str, path: str) -> str:
    """The address of a page, or "" where there are no pages."""
    return f"{page_url}{path}" if page_url else ""
