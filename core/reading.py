"""How a state is read for people: who holds what, the champion, what differs from it, and tones.

Cards and pages read here, so that both say the same. What somebody may do is said by
core/authority/ alone.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final

import msgspec

from core.card import Dated, Tone
from core.gate.checks import CheckResult
from core.gate.principal_request import with_answer
from core.gate.variables.financial_id import wrong_form
from core.policy import Policy
from core.release.model import JUDGED, Holder, Model, WhoPays
from core.release.promotion import Promotion
from core.release.release import Release
from core.release.state import State
from core.words import ReleaseId, Stage

WAS_ON: Final = "was on "
_TONES: Final = {
    State.CHECKED: Tone.GOOD,
    State.BLOCKED: Tone.BAD,
    State.REGISTERED: Tone.GOOD,
    State.PLACED: Tone.GOOD,
    State.FAILED: Tone.BAD,
    State.STUCK: Tone.BAD,
    State.REJECTED: Tone.BAD,
    State.SUPERSEDED: Tone.SUBTLE,
}
# the name before any pin, extra or marker of a pip or conda line
_LIBRARY: Final = re.compile(r"\s*(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(?P<pin>.*)")
# without a direction in the policy nobody knows whether more is better
_CHANGES: Final = {True: Tone.GOOD, False: Tone.BAD, None: Tone.PLAIN}


def tone_of(state: State) -> Tone:
    """What a state means at a glance; what runs or waits for somebody is on its way."""
    return _TONES.get(state, Tone.ACCENT)


def holder_of(model: Model, stage: Stage) -> Holder | None:
    """Who holds a stage, and since when; None when it is empty."""
    holder = model.holders.get(stage)
    return holder if holder and holder.version else None


def holder_name(model: Model, holder: Holder) -> str:
    """A holder in words, with the release that brought it there."""
    release = model.releases.get(ReleaseId(holder.release))
    return f"version {holder.version} ({release.id})" if release else f"version {holder.version}"


def who_pays(model: Model, policy: Policy) -> WhoPays | None:
    """Who pays, as somebody answered, while that has the form that the bank uses now."""
    kept = model.who_pays
    return None if kept is None or wrong_form(kept.value, policy.rules.financial_id) else kept


def with_who_pays(
    results: Iterable[CheckResult], model: Model, policy: Policy
) -> tuple[CheckResult, ...]:
    """What the gate says, with who pays in its requests to GBI: somebody answered since."""
    answer = who_pays(model, policy)
    if answer is None:
        return tuple(results)
    return tuple(_filled(result, answer.value) for result in results)


def _filled(result: CheckResult, value: str) -> CheckResult:
    replace = msgspec.structs.replace
    found = (replace(each, mend=with_answer(each.mend, value)) for each in result.findings)
    return replace(result, findings=tuple(found))


def fall_back(model: Model, promotion: Promotion) -> str:
    """What to go back to, as it was when the stage was asked for."""
    version, stage = promotion.fall_back, promotion.stage
    if not version:
        return f"none: {stage} was empty"
    release = version_of(model, version)
    named = f"version {version} ({release.id})" if release else f"version {version}"
    return f"{named}, which held {stage}"


def version_of(model: Model, version: str) -> Release | None:
    """The release that made a version."""
    registered = (found for found in model.newest_first() if found.registered)
    return next((r for r in registered if r.registered and r.registered.version == version), None)


def held_by(model: Model, release: Release) -> tuple[Stage, ...]:
    """The stages that hold the version of this release now, whoever moved it there."""
    version = release.registered.version if release.registered else ""
    return tuple(stage for stage in JUDGED if version and model.held(stage) == version)


def lost(release: Release, stage: Stage) -> str:
    """Until when it held the stage and what came then, to follow "it was on QA"."""
    left = release.left.get(stage)
    if left is None:
        return ", and holds it no longer"
    came = f"version {left.version}" + (f" ({left.release})" if left.release else "")
    then = f"{came} came" if left.version else "it was emptied"
    return Dated(" until ", left.since, f", when {then}")


def standing(state: str, holds: Collection[str]) -> str:
    """A state as lists show it: what was placed on a stage need not hold it any more."""
    stage = state.removeprefix(f"{State.PLACED} ")
    if stage == state or stage in holds:
        return state
    return f"{WAS_ON}{stage}{f', holds {listed}' if (listed := ', '.join(holds)) else ''}"


def state_of(model: Model, release: Release) -> str:
    """Where a release is, in the few words of a list."""
    on = f" {release.stage}" if release.stage is not Stage.TST else ""
    return standing(f"{release.state}{on}", held_by(model, release))


def has_passed(model: Model, release: Release) -> bool:
    """Whether PROD holds a newer one by an approval: an older release never replaces it."""
    champion = model.champion
    if champion is None or champion.number <= release.number:
        return False
    return Stage.PROD in champion.placed


def champion_of(model: Model, release: Release) -> Release | None:
    """The release to compare with: what PROD holds, or what it held before this one.

    "Since the champion" always means since this release. It is None where nothing was in
    production before, or where a version was put there outside of us. What has ended is compared
    with the champion of then, if with any.
    """
    promotion = release.promotion_to(Stage.PROD)
    if promotion is not None and promotion.outcome == "placed":
        return version_of(model, promotion.fall_back) if promotion.fall_back else None
    if release.is_final:
        return judged_against(model, release.champion)
    champion = model.champion
    if champion is None or champion.id == release.id or has_passed(model, release):
        return None
    return champion


def champion_id(model: Model, release: Release) -> ReleaseId:
    """The champion's id, for the ledger; "" where there is none to compare with."""
    champion = champion_of(model, release)
    return champion.id if champion else ReleaseId("")


def judged_against(model: Model, champion: str | None) -> Release | None:
    """The release that somebody had before them when they decided, if it was noted."""
    return model.releases.get(ReleaseId(champion)) if champion else None


def open_checks(release: Release, policy: Policy) -> tuple[CheckResult, ...]:
    """What has something to mend or could not run, the required ones first."""
    found = (result for result in release.checks if result.to_mend)
    there = (result for result in found if not policy.is_off(result.check))
    return tuple(sorted(there, key=lambda result: result.priority))


class Delta(msgspec.Struct, frozen=True):
    """One metric; ``before`` is None when the champion has no such metric, ``now`` when it went."""

    name: str
    now: float | None
    before: float | None
    tone: Tone

    @property
    def change(self) -> float:
        return (self.now or 0.0) - (self.before or 0.0) if self.is_compared else 0.0

    @property
    def is_compared(self) -> bool:
        return self.now is not None and self.before is not None

    @property
    def size(self) -> float:
        """How large the change is beside the champion's value."""
        return abs(self.change) / max(abs(self.before or 0.0), 1e-9)


def deltas(release: Release, champion: Release | None, policy: Policy) -> tuple[Delta, ...]:
    """Each metric beside the champion's, the largest change first; without a champion by name."""
    before = champion.metrics if champion else {}
    names = sorted({*before, *release.metrics})
    found = (_delta(name, release.metrics.get(name), before.get(name), policy) for name in names)
    return tuple(sorted(found, key=lambda delta: -delta.size))


def _delta(name: str, now: float | None, before: float | None, policy: Policy) -> Delta:
    if now is None or before is None:
        return Delta(name, now, before, Tone.PLAIN)
    return Delta(name, now, before, _CHANGES[policy.is_better(name, now - before)])


class Difference(msgspec.Struct, frozen=True):
    """One value that is not the champion's.

    ``before`` is empty for what was added, ``after`` for what was removed.
    """

    name: str
    before: str
    after: str

    def words(self) -> str:
        if not self.before:
            return f"{self.name} added: {self.after}"
        if not self.after:
            return f"{self.name} removed (was {self.before})"
        return f"{self.name} {self.before} → {self.after}"


def libraries(release: Release, champion: Release) -> tuple[Difference, ...]:
    """Pinned libraries, compared as pip names them."""
    return _differences(_pins(champion), _pins(release))


def variables(release: Release, champion: Release) -> tuple[Difference, ...]:
    return _differences(_variables(champion), _variables(release))


def data(release: Release, champion: Release) -> str:
    """One line about the training data."""
    if not champion.data_fingerprint or not release.data_fingerprint:
        return "data not compared"
    same = release.data_fingerprint == champion.data_fingerprint
    return "data unchanged" if same else "data changed"


def _variables(release: Release) -> Mapping[str, str]:
    return release.checked.variables if release.checked else {}


def _pins(release: Release) -> dict[str, str]:
    return dict(_pin(line) for line in (release.checked.libraries if release.checked else ()))


def _pin(line: str) -> tuple[str, str]:
    """Names compare as pip compares them: without case, ``_`` and ``.`` as ``-``."""
    found = _LIBRARY.match(line)
    if found is None:
        return line.strip(), "any version"
    name = re.sub(r"[-_.]+", "-", found["name"]).lower()
    return name, found["pin"].strip().lstrip("=") or "any version"


def _differences(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Difference, ...]:
    pairs = (
        (name, before.get(name, ""), after.get(name, "")) for name in sorted({*before, *after})
    )
    return tuple(Difference(name, old, new) for name, old, new in pairs if old != new)
