"""The steps of a release: one file = one step."""

from typing import Final

from core.words import Step
from workers.steps.check import check
from workers.steps.evaluate import evaluate
from workers.steps.promote import promote
from workers.steps.register import register
from workers.steps.score import score
from workers.steps.train import train
from workers.task import Run

STEPS: Final[dict[Step, Run]] = {
    Step.CHECK: check,
    Step.TRAIN: train,
    Step.SCORE: score,
    Step.EVALUATE: evaluate,
    Step.REGISTER: register,
    Step.PROMOTE: promote,
}
