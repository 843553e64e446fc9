"""Looks once more, right before a stage moves, at who approved it: much may have changed since."""

import msgspec

from core.authority.acts import ApproveStage
from core.authority.evaluate import still_may
from core.errors import ApprovalVoidError
from core.people import Person
from core.release.promotion import Promotion
from core.words import stream_of
from workers.services import Services
from workers.task import Task

replace = msgspec.structs.replace

NO_LONGER = (
    "{name} approved this and would now be told: {reason} The approval is void and {stage} was "
    "left as it is; request the stage again."
)
GONE = (
    "{name}, who approved this, is not in the directory any more. The approval is void and {stage} "
    "was left as it is; request the stage again."
)
WITHDRAWN = (
    "The approval for {stage} does not stand any more: {why} The stage was left as it is; request "
    "it again."
)


async def look_again(task: Task, services: Services, promotion: Promotion) -> None:
    """Raise ApprovalVoidError when the approval would not be given now, and say why.

    Contributors, groups and accounts are asked as they are at this moment.
    """
    handle, stage = services.handle, promotion.stage
    model = await handle.model(stream_of(task.release.id))
    release = model.releases[task.release.id]
    now = release.promotions[promotion.approval]
    if now.outcome != "approved":
        raise ApprovalVoidError(WITHDRAWN.format(stage=stage, why=now.comment or release.reason))
    approver = await _approver(services, now)
    context = replace(
        await handle.context_of(release.id),
        contributors=await handle.contributors(release, stage),
    )
    act = ApproveStage(release=release.id, approval=now.approval)
    ruling = still_may(approver, act, model, context)
    if not ruling.is_met:
        words = NO_LONGER.format(name=approver.name, reason=ruling.reason, stage=stage)
        raise ApprovalVoidError(words)


async def _approver(services: Services, promotion: Promotion) -> Person:
    voted = promotion.decided_by
    assert voted is not None
    known = await services.directory.person(voted.id)
    if known is None:
        raise ApprovalVoidError(GONE.format(name=voted.name, stage=promotion.stage))
    return replace(known, identity=voted.identity)
