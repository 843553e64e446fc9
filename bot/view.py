"""What the cards show: frozen views of the state, so that rendering is a pure function."""

from datetime import datetime

import msgspec

from core.events.derived import RegistryChangedOutside
from core.policy import Policy
from core.release.model import Holder, Model
from core.release.promotion import Promotion
from core.release.release import Release
from core.results import Commit
from core.words import ReleaseId, Stage


class View(msgspec.Struct, frozen=True, kw_only=True):
    """One release as it is now.

    ``page_url`` is where our pages start, without a last slash; "" where there are none.
    """

    model: Model
    release: Release
    policy: Policy
    page_url: str
    now: datetime

    @property
    def name(self) -> str:
        return self.release.model or self.model.name or self.model.stream

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
        """The release to compare with: what PROD holds, or what it held before this one."""
        champion = self.model.champion
        if champion is None or champion.id != self.release.id:
            return champion
        promotion = self.release.promotions.get(Stage.PROD)
        before = promotion.fall_back if promotion else ""
        return version_of(self.model, before) if before else None


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What the git host says came since the champion; ``missing`` says why it is not known."""

    commits: tuple[Commit, ...] = ()
    files: tuple[str, ...] = ()
    commit_count: int = 0  # a first version may bring a whole history: only the newest are kept
    file_count: int = 0
    missing: str = ""


class Deciders(msgspec.Struct, frozen=True, kw_only=True):
    """Who may decide, by name, and who may not, with the reason."""

    groups: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    may_not: tuple[tuple[str, str], ...] = ()


class ApprovalView(View, frozen=True, kw_only=True):
    promotion: Promotion
    changes: Changes = Changes()
    deciders: Deciders = Deciders()


class RequestView(View, frozen=True, kw_only=True):
    stage: Stage


class RegistryView(msgspec.Struct, frozen=True, kw_only=True):
    """A stage that holds what we did not place there."""

    model: Model
    change: RegistryChangedOutside
    page_url: str


def page(page_url: str, path: str) -> str:
    """The address of a page, or "" where there are no pages."""
    return f"{page_url}{path}" if page_url else ""


def version_of(model: Model, version: str) -> Release | None:
    """The release that made a version."""
    return next(
        (
            release
            for release in model.releases.values()
            if release.registered and release.registered.version == version
        ),
        None,
    )


def holder_name(model: Model, holder: Holder) -> str:
    release = model.releases.get(ReleaseId(holder.release))
    return f"version {holder.version} ({release.id})" if release else f"version {holder.version}"
