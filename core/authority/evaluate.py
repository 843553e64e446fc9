"""May somebody do this to a release, a pipeline, a letter or an address? It is said here alone.

Pure and total: it reads the state and the context, never raises, and answers in words. The flow
asks it with the person who acts; buttons and cards ask without one, for what stands in the way
whoever presses. A new act is a case here; a new condition is a function of conditions.py.
"""

from collections.abc import Iterator
from typing import Final

from core.authority import (
    bases,
    conditions,
    contributors,
    financial_id,
    freeing,
    letters,
    mappings,
    pipelines,
)
from core.authority.acts import (
    AcceptVersion,
    Act,
    ApprovePipeline,
    ApproveStage,
    GiveFinancialId,
    GiveUpPromotion,
    MapAddress,
    RejectPipeline,
    RejectStage,
    RejectVersion,
    ReleaseAct,
    RequestStage,
    RetryStep,
    SendAgain,
    WithdrawRequest,
)
from core.authority.conditions import Question
from core.authority.ruling import Condition, Ruling, all_of, barred
from core.context import Context
from core.people import Person
from core.release.model import Model
from core.release.state import State

CAN_RETRY: Final = frozenset({State.FAILED, State.BLOCKED, State.STUCK})
CAN_REQUEST: Final = frozenset({State.REGISTERED, State.PLACED})
CAN_ACCEPT: Final = frozenset({State.AWAITING_ACCEPTANCE})


def may(person: Person | None, act: Act, model: Model, context: Context) -> Ruling:
    """Rule on the act for this person, or with None for anybody: the flow does only what is met."""
    if isinstance(act, SendAgain):
        return all_of(act.name, letters.send_again(person, act.letter, context))
    if isinstance(act, MapAddress):
        return all_of(act.name, mappings.map_address(person, act, context))
    if isinstance(act, ApprovePipeline | RejectPipeline):
        return all_of(act.name, pipelines.decide_pipeline(person, act, context))
    release = model.releases.get(act.release)
    if release is None:
        what = " to promote" if isinstance(act, RequestStage) else ""
        none = barred(Condition.RELEASE, f"There is no release {act.release}{what}.")
        return all_of(act.name, (none,))
    question = Question(person=person, model=model, release=release, context=context)
    return all_of(act.name, _conditions(question, act))


def still_may(person: Person, act: ApproveStage, model: Model, context: Context) -> Ruling:
    """Rule once more on an approval that was given: whether the person might give it now."""
    release = model.releases[act.release]
    question = Question(person=person, model=model, release=release, context=context)
    promotion = release.promotions[act.approval]
    return all_of(
        act.name,
        (
            conditions.identity(question, ""),
            contributors.four_eyes(question, promotion),
            conditions.group(question, promotion.stage),
            contributors.known(question, promotion),
            conditions.still_bound(question, promotion),
        ),
    )


def _conditions(question: Question, act: ReleaseAct) -> Iterator[Ruling]:
    match act:
        case AcceptVersion() | RejectVersion():
            return _acceptance(question, act)
        case RetryStep():
            return _retry(question)
        case RequestStage():
            return _request(question, act)
        case ApproveStage() | RejectStage():
            return _approval(question, act)
        case WithdrawRequest():
            return freeing.withdraw(question, act.stage)
        case GiveUpPromotion():
            return freeing.give_up(question, act.stage)
        case GiveFinancialId():
            return financial_id.give(question, act.financial_id)
        case _:
            return bases.rule(question, act)


def _acceptance(question: Question, act: AcceptVersion | RejectVersion) -> Iterator[Ruling]:
    yield conditions.identity(question, conditions.team_can(question))
    yield conditions.team(question, "accept or reject a version")
    yield conditions.state(question, CAN_ACCEPT, " now and awaits no acceptance.")
    if isinstance(act, RejectVersion):
        yield conditions.written((act.reason,), conditions.NO_REASON)
        return
    yield conditions.gate(question, "acceptance", "Mend them and push again.")


def _retry(question: Question) -> Iterator[Ruling]:
    """That there is nothing to retry is so for everybody: nobody else can."""
    yield conditions.state(question, CAN_RETRY, ": there is nothing to retry.")
    yield conditions.identity(question, conditions.team_can(question))
    yield conditions.team(question, "retry a step")


def _request(question: Question, act: RequestStage) -> Iterator[Ruling]:
    """The order of stages is asked of a registered version only: it looks at every release."""
    release = question.release
    yield conditions.identity(question, conditions.team_can(question))
    yield conditions.team(question, "request a stage")
    wanted = _can_request(question, act) if release.registered else frozenset[State]()
    state = conditions.state(question, wanted, ": only a registered version can be promoted.")
    yield state
    if not state.is_met:
        return
    yield conditions.order(question, act.stage)
    yield conditions.written((act.purpose, act.expected_outcome), conditions.NO_PURPOSE)
    yield conditions.gate(question, act.stage, "Mend and push.")
    yield contributors.known(question)


def _can_request(question: Question, act: RequestStage) -> frozenset[State]:
    """An undecided request that is no longer good stands in nobody's way."""
    if conditions.may_ask_anew(question, act.stage):
        return CAN_REQUEST | {State.AWAITING_APPROVAL}
    return CAN_REQUEST if question.release.checked else frozenset()


def _approval(question: Question, act: ApproveStage | RejectStage) -> Iterator[Ruling]:
    """An approval that was decided says so, and asks for no four eyes and no group."""
    yield conditions.identity(question, "Sign in as yourself and press again.")
    is_open = conditions.still_open(question.release, act.approval)
    yield is_open
    if not is_open.is_met:
        return
    promotion = question.release.promotions[act.approval]
    yield contributors.four_eyes(question, promotion)
    yield conditions.group(question, promotion.stage)
    if isinstance(act, RejectStage):
        yield conditions.written((act.reason,), conditions.NO_REASON)
        return
    yield contributors.known(question, promotion)
    yield conditions.still_bound(question, promotion)
