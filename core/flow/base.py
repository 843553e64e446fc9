"""A base for counting contributors is proposed, and another person agrees to it or does not."""

import hashlib

from core.context import Context
from core.events.derived import BaseAgreed, BaseAsked, BaseDeclined
from core.events.people import BaseDecided, BaseProposed
from core.flow.cards import CardRef
from core.flow.decision import Decision, decides, follows, refused
from core.release.model import Model


@decides(BaseProposed)
def proposed(model: Model, event: BaseProposed, context: Context) -> Decision:
    no = refused(model, event, context)
    if no is not None:
        return no
    name = hashlib.sha256(f"{event.id}/{event.commit}".encode()).hexdigest()[:32]
    asked = follows(
        event, BaseAsked, context,
        release=event.release, base=name, commit=event.commit,
        reason=event.reason.strip(), by=event.by,
    )  # fmt: skip
    before = (model.base.id,) if model.base else ()
    return Decision(events=(asked,), cards=tuple(_card(each) for each in (*before, name)))


@decides(BaseDecided)
def decided(model: Model, event: BaseDecided, context: Context) -> Decision:
    no = refused(model, event, context)
    if no is not None:
        return no
    assert model.base is not None
    about = {"release": event.release, "base": event.base, "by": event.by}
    comment = event.comment.strip()
    cards = (_card(event.base), CardRef("release", event.release))
    if not event.accepted:
        no_base = follows(event, BaseDeclined, context, comment=comment, **about)
        return Decision(events=(no_base,), cards=cards)
    agreed = follows(event, BaseAgreed, context, commit=model.base.commit, comment=comment, **about)
    return Decision(events=(agreed,), cards=cards)


def _card(base: str) -> CardRef:
    return CardRef("base", base)
