"""Nothing goes into the ledger that nobody could read back."""

import pytest

from core.errors import RefusedByStoreError
from core.events.workers import StepFinished
from core.ledger import GENESIS, entry
from core.results import Ran
from core.words import Step
from tests.core.story import Story


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_nobody_could_read_back_is_not_taken_in(value):
    finished = StepFinished(
        id="finished/1", time=Story().push(1).events[0].time, release="loan-1",
        step=Step.EVALUATE, attempt=1, result=Ran(run="r", metrics={"auc": value}),
    )  # fmt: skip
    with pytest.raises(RefusedByStoreError, match=r"StepFinished in it .*metrics"):
        entry(finished, position=1, stream="loan", version=1, previous=GENESIS)
