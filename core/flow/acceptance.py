"""The developer accepts or rejects the evaluated version."""

from core.context import Context
from core.events.derived import ReleaseAccepted, ReleaseRejected
from core.events.people import AcceptanceDecided
from core.flow.cards import CardRef
from core.flow.decision import Decision, decides, follows, refused
from core.flow.plan import plan
from core.reading import champion_id
from core.release.model import Model
from core.words import Stage, Step


@decides(AcceptanceDecided)
def accepted(model: Model, event: AcceptanceDecided, context: Context) -> Decision:
    no = refused(model, event, context)
    if no is not None:
        return no
    release = model.releases[event.release]
    cards = (CardRef("release", release.id), CardRef("acceptance", release.id))
    champion = champion_id(model, release)
    if not event.accepted:
        rejected = follows(
            event, ReleaseRejected, context,
            release=release.id, by=event.by, reason=event.reason.strip(), champion=champion,
        )  # fmt: skip
        return Decision(events=(rejected,), cards=cards)
    yes = follows(
        event, ReleaseAccepted, context, release=release.id, by=event.by, champion=champion
    )
    planned = plan(model, release, event, context, step=Step.REGISTER, stage=Stage.TST)
    return Decision(events=(yes, *planned.events), jobs=planned.jobs, cards=cards)
