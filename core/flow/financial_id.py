"""Somebody answers who pays for a model: it is noted, and every open card that asks shows it."""

from core.context import Context
from core.events.derived import FinancialIdNoted
from core.events.people import FinancialIdGiven
from core.flow.cards import MOST, CardRef
from core.flow.decision import Decision, decides, follows, refused
from core.gate.variables import financial_id
from core.release.model import Model


@decides(FinancialIdGiven)
def given(model: Model, event: FinancialIdGiven, context: Context) -> Decision:
    no = refused(model, event, context)
    if no is not None:
        return no
    noted = follows(
        event, FinancialIdNoted, context,
        release=event.release, financial_id=event.financial_id.strip(), by=event.by,
    )  # fmt: skip
    asking = [each.id for each in model.live() if financial_id.question(each.checks)]
    shown = dict.fromkeys((event.release, *asking[-MOST:]))
    return Decision(events=(noted,), cards=tuple(CardRef("release", each) for each in shown))
