"""What was logged, is measured and is registered has one digest; a swap is told in words."""

from typing import Final

from core.release.release import Release
from core.release.state import steps_of
from core.results import Failed
from core.words import Step

SWAPPED: Final = (
    "The model that {step} found is not the one that {first} logged: somebody replaced it in "
    "between. {lost} Find out who did; Retry starts again from {first}, which logs it anew."
)
NOT_NOTED: Final = (
    "Nobody noted which model {first} logged, as it ran in an earlier version of Sluss. {lost} "
    "Retry starts again from {first}, which notes it."
)
LOST: Final = {
    Step.SCORE: "What was scored with it does not count.",
    Step.EVALUATE: "What was measured with it does not count.",
    Step.REGISTER: "Nothing was registered.",
}


def logging_step(release: Release) -> Step:
    """The step that logs the model: train, or score where nothing is trained."""
    return steps_of(release.model_type)[1]


def swapped(release: Release, step: Step, *digests: str) -> Failed | None:
    """Compare what a step found with what was noted; what nobody told ("") is left out."""
    first = logging_step(release)
    noted = release.ran[first].artifact_digest if first in release.ran else ""
    if noted and all(found == noted for found in digests if found):
        return None
    words = SWAPPED if noted else NOT_NOTED
    reason = words.format(step=step, first=first, lost=LOST[step])
    return Failed(reason=reason, retry_from=first)
