"""The steps of a release, one file each, and one for the three that only call a function."""

from typing import Final

from core.words import Step
from workers.steps.check import check
from workers.steps.promote import promote
from workers.steps.register import register
from workers.steps.run import run
from workers.task import Run

STEPS: Final[dict[Step, Run]] = {
    Step.CHECK: check,
    Step.TRAIN: run,
    Step.SCORE: run,
    Step.EVALUATE: run,
    Step.REGISTER: register,
    Step.PROMOTE: promote,
}
