"""A comment of a pull request may be a command to us: it is read and answered by a job.

What a delivery says of it decides nothing: who wrote what is read at the host.
"""

from typing import Final

from core.context import Context
from core.events.outside import PullRequestCommented
from core.flow.decision import Decision, decides, ignored
from core.jobs import AnswerComment
from core.release.model import Model

UNKNOWN: Final = "unknown repository {id}: the comment was not answered"
NOWHERE: Final = "it does not say in which pull request it is, so that nobody can read it there"


@decides(PullRequestCommented)
def commented(model: Model, event: PullRequestCommented, context: Context) -> Decision:
    if context.repository is None:
        return ignored(event, context, UNKNOWN.format(id=event.repository or "(not told)"))
    if not (event.pull_request and event.thread and event.comment):
        return ignored(event, context, NOWHERE)
    job = AnswerComment(
        id=f"answer/{event.id}", stream=model.stream, repository=context.repository.id,
        pull_request=event.pull_request, thread=event.thread, comment=event.comment,
    )  # fmt: skip
    return Decision(jobs=(job,))
