"""The developer accepts or rejects the evaluated version."""

from core.context import Context
from core.events.derived import ReleaseAccepted, ReleaseRejected
from core.events.people import AcceptanceDecided
from core.flow.decision import CardRef, Decision, decides, follows, refused
from core.flow.plan import plan
from core.release.model import Model
from core.words import Stage, Step


@decides(AcceptanceDecided)
def accepted(model: Model, event: AcceptanceDecided, context: Context) -> Decision:
    no = refused(model, event, context)
    if no is not None:
        return no
    release = model.releases[event.release]
    cards = (CardRef("release", release.id), CardRef("acceptance", release.id))
    if not event.accepted:
        rejected = follows(
            event, ReleaseRejected, context,
            release=release.id, by=event.by, reason=event.reason.strip(),
        )  # fmt: skip
        return Decision(events=(rejected,), cards=cards)
    yes = follows(event, ReleaseAccepted, context, release=release.id, by=event.by)
    planned = plan(model, release, event, context, step=Step.REGISTER, stage=Stage.TST)
    return Decision(events=(yes, *planned.events), jobs=planned.jobs, cards=cards)
