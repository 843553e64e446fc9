"""The answer of a model's process is in its own hand: what is none of a step is none at all."""

import msgspec
import pytest

from adapters.local_runs.model_process import LARGEST_ANSWER, judge
from core.errors import StepFailedError
from core.gate.tools import Stopped
from core.ports.sandbox import LongLook, LongState

ENDED = LongLook(state=LongState.ENDED, code=0, stopped=Stopped.NO)
FORGED = {
    "nothing": None,
    "half of one": b'{"rows": 3',
    "a list": b"[1]",
    "more rows than a number holds": b'{"rows": 1' + b"0" * 30 + b"}",
    "no text": b'{"reason": "\xff"}',
    "too deep": b'{"x": ' + b"[" * 50_000,
    "rows below none": b'{"rows": -1}',
    "half a row": b'{"rows": 1.5}',
    "a metric without end": b'{"metrics": {"auc": 1e999}}',
    "no number": b'{"metrics": {"auc": NaN}}',
    "a text as a metric": b'{"metrics": {"auc": "0.99"}}',
    "too many metrics": msgspec.json.encode({"metrics": {str(at): 1.0 for at in range(1001)}}),
    "too long": b'{"rows": 1}' + b" " * LARGEST_ANSWER,
}


@pytest.mark.parametrize("answer", FORGED.values(), ids=FORGED)
def test_a_forged_answer_is_none(answer):
    with pytest.raises(StepFailedError, match="ended itself"):
        judge(ENDED, answer, None)


def test_an_answer_of_a_step_counts():
    assert judge(ENDED, b'{"rows": 3, "metrics": {"auc": 0.8}}', None).rows == 3
