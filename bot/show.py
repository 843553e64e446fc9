"""Gather what a card shows and render it: the newest state, whoever asks."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from bot.cards import acceptance, approval, problem, registry, release, request
from bot.changes import changes
from bot.deciders import deciders
from bot.view import ApprovalView, Deciders, RegistryView, RequestView, View
from core.card import Card
from core.errors import UnknownNameError
from core.events.derived import RegistryChangedOutside
from core.handle import Handle
from core.platform import Platform
from core.policy import Policy
from core.ports import Directory, GitHost, Store
from core.release.fold import fold
from core.release.model import Model
from core.release.promotion import Promotion
from core.release.release import Release
from core.words import ReleaseId, Stage, Stream, stream_of

RENDERS: dict[str, Callable[[View], Card]] = {
    "release": release.render,
    "acceptance": acceptance.render,
    "problem": problem.render,
}


class Face(msgspec.Struct, frozen=True, kw_only=True):
    """A card as it is at a version of its stream; ``stage`` is set when approvers are asked."""

    card: Card
    version: int
    stage: Stage | None = None


class Show:
    """``page_url`` is where our pages start."""

    def __init__(
        self,
        *,
        handle: Handle,
        store: Store,
        git: GitHost,
        directory: Directory,
        policy: Policy,
        clock: Callable[[], datetime],
        page_url: str,
    ) -> None:
        self.handle = handle
        self.store = store
        self.directory = directory
        self.policy = policy
        self.clock = clock
        self._git = git
        self._page_url = page_url.rstrip("/")

    @property
    def platform(self) -> Platform:
        return self.handle.platform

    async def face(self, card: str, subject: str, stream: Stream) -> Face:
        """Raise UnknownNameError for what there is no card of."""
        model = await self.handle.model(stream)
        if card == "approval":
            view = await self._approval(model, subject)
            face = approval.render(view)
            return Face(card=face, version=model.version, stage=view.promotion.stage)
        if card == "registry":
            view_of_registry = await self._registry(model, subject)
            return Face(card=registry.render(view_of_registry), version=model.version)
        render = RENDERS.get(card)
        if render is None:
            raise UnknownNameError("card", card, list(RENDERS))
        whole = await self._whole(self.view(model, ReleaseId(subject)))
        return Face(card=render(whole), version=model.version)

    async def form(self, release_id: ReleaseId, stage: Stage) -> Card:
        """The request form, or why there is none."""
        found = self.view(await self.model_of(release_id), release_id)
        return request.render(RequestView(**_fields(found), stage=stage))

    async def model_of(self, release_id: ReleaseId) -> Model:
        known = self.platform.named(stream_of(release_id))
        if known is None:
            raise UnknownNameError("release", release_id)
        return await self.handle.model(known.name)

    def view(self, model: Model, release_id: ReleaseId) -> View:
        found = model.releases.get(release_id)
        if found is None:
            raise UnknownNameError("release", release_id, list(model.releases)[-3:])
        return View(
            model=model,
            release=found,
            policy=self.policy,
            page_url=self._page_url,
            now=self.clock(),
        )

    async def _whole(self, view: View) -> View:
        """The state keeps little of a final release; its card shows the findings still."""
        if not view.release.is_final:
            return view
        release = await self.handle.release(view.release.id)
        return msgspec.structs.replace(view, release=release or view.release)

    async def _approval(self, model: Model, subject: str) -> ApprovalView:
        then, (found, promotion) = model, _promotion(model, subject)
        if found is None or promotion is None:
            then, (found, promotion) = await self._before(model, subject)
        if found is None or promotion is None:
            raise UnknownNameError("approval", subject)
        view = self.view(then, found.id)
        since = await changes(self._git, self.store, found, view.champion)
        who = Deciders()
        if not promotion.outcome:
            who = await deciders(self.directory, self.policy, then, found, promotion)
        return ApprovalView(**_fields(view), promotion=promotion, changes=since, deciders=who)

    async def _before(
        self, model: Model, subject: str
    ) -> tuple[Model, tuple[Release | None, Promotion | None]]:
        """The last state that knew a promotion whose stage was asked for anew since."""
        state = last = Model(stream=model.stream)
        for entry in await self.store.load(model.stream):
            state = fold(state, entry.event)
            if _promotion(state, subject)[1] is not None:
                last = state
        return last, _promotion(last, subject)

    async def _registry(self, model: Model, subject: str) -> RegistryView:
        """The state forgets what was expected; the event remembers."""
        wanted = subject.removeprefix(f"{model.stream}/")
        for entry in await self.store.load(model.stream, kinds=[RegistryChangedOutside]):
            if entry.event.id == wanted and isinstance(entry.event, RegistryChangedOutside):
                return RegistryView(model=model, change=entry.event, page_url=self._page_url)
        raise UnknownNameError("change of the registry", wanted)


def _promotion(model: Model, subject: str) -> tuple[Release | None, Promotion | None]:
    for found in model.releases.values():
        for promotion in found.promotions.values():
            if promotion.approval == subject:
                return found, promotion
    return None, None


def _fields(view: View) -> dict[str, Any]:
    return {name: getattr(view, name) for name in view.__struct_fields__}
