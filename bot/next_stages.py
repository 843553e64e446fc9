"""Which stages may be asked for next, and what stands in the way of the others."""

from core.errors import UnknownNameError
from core.flow import promotion
from core.flow.checks import blocking
from core.policy import Policy
from core.release.model import Model
from core.release.release import Release
from core.release.state import State
from core.words import Stage

CAN_REQUEST = frozenset({State.REGISTERED, State.PLACED})
STAGES = (Stage.QA, Stage.PROD)


def stage_named(word: str) -> Stage:
    """Raise UnknownNameError for what is no stage."""
    found = next((stage for stage in Stage if stage.casefold() == word.casefold()), None)
    if found is None:
        raise UnknownNameError("stage", word, [str(stage) for stage in STAGES])
    return found


def why_not(model: Model, release: Release, stage: Stage, policy: Policy) -> str:
    """What the flow would say to a request, or ""; so that nobody fills in a form in vain."""
    if release.state not in CAN_REQUEST or release.checked is None:
        return f"{release.id} is {release.state}: only a registered version can be promoted."
    order = promotion.order_problem(model, release, stage, policy)
    if order:
        return order
    blocked = blocking(release.checked, policy, stage)
    return f"The gate blocks {stage}: {blocked}" if blocked else ""


def next_stages(model: Model, release: Release, policy: Policy) -> tuple[Stage, ...]:
    return tuple(stage for stage in STAGES if not why_not(model, release, stage, policy))


def blocked_stage(release: Release, policy: Policy) -> str:
    """The gate's objection to the next stage, for a release that is registered but cannot go on."""
    if release.state not in CAN_REQUEST or release.checked is None:
        return ""
    placed = {stage for stage, found in release.promotions.items() if found.outcome == "placed"}
    stage = next((stage for stage in STAGES if stage not in placed), None)
    blocked = blocking(release.checked, policy, stage) if stage else ""
    return f"The gate blocks {stage}: {blocked}" if blocked else ""
