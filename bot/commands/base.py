"""``base <model> <commit> <reason>``: propose a commit from which contributors are counted."""

from bot.command import Asker, command
from bot.lookup import find_model, name_of
from core.authority.bases import COMMIT_ID
from core.card import Card
from core.errors import CommitGoneError, RefusedError
from core.events.people import BaseProposed

NO_RELEASE = "{model} has no release. Nothing was proposed;"
NOT_BEFORE = "{commit} does not lie before {release}. Nothing was proposed;"
AN_OLDER_ONE = "give a commit that its history holds, and not its newest."


@command(
    "base <model> <commit> [reason …]",
    "Propose a commit from which contributors are counted, where the history before is too long.",
    who="members of the model's team and of the platform team; an approver of PROD agrees",
    examples=["base loan_default 1f3c...e9 the history of the old tool, reviewed in May"],
)
async def base(words: list[str], asker: Asker) -> Card:
    name, commit, reason = (*words, "")[:3]
    ports, person = asker.show.ports, asker.person
    model = await find_model(ports, name)
    newest = next((each for each in model.newest_first() if each.is_candidate), None)
    if newest is None:
        raise RefusedError(NO_RELEASE.format(model=name_of(model)), "push a commit first.")
    if COMMIT_ID.fullmatch(commit):  # what is none is refused in the flow's words
        await _refuse_elsewhere(asker, newest.repository, newest.commit, commit)
    now = ports.handle.context().now
    event = BaseProposed(
        id=f"base/{newest.id}/{commit}/{person.id}/{now.isoformat()}", time=now, release=newest.id,
        commit=commit, reason=reason, by=person,
    )  # fmt: skip
    await asker.wants(event)
    proposed = (await ports.handle.model(model.stream)).base
    assert proposed is not None
    return (await asker.show.face("base", proposed.id, model.stream)).card


async def _refuse_elsewhere(asker: Asker, repository: str, newest: str, commit: str) -> None:
    """A base lies in the history that it cuts, or it would cut nothing, or all of it."""
    git = asker.show.ports.git
    refusal = RefusedError(NOT_BEFORE.format(commit=commit[:80], release=newest[:10]), AN_OLDER_ONE)
    try:
        besides = await git.commits(repository, commit, newest, limit=1)
    except CommitGoneError:
        raise refusal from None
    if besides or commit == newest:
        raise refusal
