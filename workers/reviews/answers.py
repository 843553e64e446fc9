"""The answers to comments of a pull request, in Markdown: pure, from the state as it is now."""

from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from itertools import groupby
from typing import Final

import msgspec

from core.authority.acts import AcceptVersion, Act, ApproveStage, RequestStage, RetryStep
from core.authority.conditions import findings_before
from core.authority.evaluate import CAN_REQUEST, CAN_RETRY, may
from core.context import Context
from core.count import count
from core.gate.checks import CheckResult, Finding, Status
from core.markdown import code, link, plain, prose
from core.policy.policy import GATES
from core.reading import open_checks, state_of
from core.release.model import JUDGED, Model
from core.release.release import Release
from core.release.state import RUNNING, State
from core.waiting import waits_for
from workers.reviews.gate_words import gate_status

SHOWN: Final = 8  # findings
RETRY: Final = "/sluss retry"
COMMANDS: Final = {
    "status": "Where the newest commit of this pull request stands, what to mend, and who can act.",
    "why": "What stands in its way, as Sluss judges it.",
    "retry": "Try the failed step again; the steps that went well are not redone.",
    "help": "These commands.",
}
ELSEWHERE: Final = frozenset(
    {"approve", "accept", "reject", "request", "promote", "withdraw", "base", "rollback", "merge"}
)

NO_COMMIT: Final = (
    "The host of git does not say what the newest commit of this pull request was when you wrote. "
    "Nothing was done; ask again."
)
NO_RELEASE: Final = (
    "There is no release yet of the commit {commit}, the newest one when you wrote. A push makes "
    "one within seconds; when none comes, the platform team sees at the deliveries why."
)
IN_THE_CHAT: Final = "What does not begin with /sluss is typed to the bot in the chat."
NOTHING_DECIDED: Final = (
    "A comment decides nothing: nothing was approved, accepted or requested. That is done in the "
    "chat, where people are told apart and the card shows what they decide about."
)
NO_SUCH: Final = "There is no command {word}. Nothing was done.{near}"
NEAR: Final = " Did you mean {near}?"
ALONE: Final = (
    "`/sluss retry` takes no more words: it is about the newest commit of this pull request. "
    "Nothing was done; write it alone."
)
STRANGER: Final = (
    "The directory does not know {name}, so nothing was done. Ask the platform team to enter the "
    "account there."
)
A_SERVICE: Final = (
    "{name} is no person: a service gives no commands, whoever runs it. Nothing was done; write "
    "the comment as yourself."
)
DISABLED: Final = "Your account is disabled in the directory. Nothing was done."
TRIED_AGAIN: Final = "The step {step} is tried again."
TAKEN_BEFORE: Final = "This command was taken before; this is how it stands now."
NOT_TRIED: Final = "Nothing was tried again. {reason} {who_can}"
GATE_BLOCKS: Final = "- **Before {gates}**: {found}"
NAMES: Final = {"run": "the run"}  # of gates, where people say it otherwise
OFF_THE_ROAD: Final = (
    "It is on another branch than the release branch, where the gate only reports. After the merge "
    "these stand in the way:"
)
AS_YOU_MERGE: Final = "None of its findings would block anything after the merge."
FREE: Final = "Nothing stands in the way."


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer is made of; ``url`` leads to the release, and ``mask`` keeps secrets out."""

    model: Model
    release: Release
    context: Context
    url: str = ""
    mask: Callable[[str], str] = str

    def prose(self, text: str) -> str:
        return prose(self.mask(text))

    def code(self, text: str) -> str:
        return code(self.mask(text))


def status(told: Told) -> str:
    """Where it stands, what it waits for, and what is to be mended, the gravest first."""
    return _joined((*_standing(told), *_to_mend(told), *_more(told)))


def why(told: Told) -> str:
    """What the evaluator says of what comes next, and at which gates findings stand in the way."""
    rulings = [line for title, act in _acts(told) for line in _ruled(told, title, act)]
    parts = ("\n".join(rulings), *_gates(told))
    if not any(parts) and told.release.state not in RUNNING:
        parts = (FREE,)
    return _joined((*_standing(told), *parts, *_more(told)))


def usage() -> str:
    lines = [f"- `/sluss {name}`: {about}" for name, about in COMMANDS.items()]
    return _joined(("Sluss answers these, when a comment begins with one:", "\n".join(lines)))


def unknown(word: str) -> str:
    """Say what there is instead; some words belong into the chat."""
    if word.casefold() in ELSEWHERE:
        return _joined((NOTHING_DECIDED, usage()))
    near = get_close_matches(word.casefold(), COMMANDS, n=1)
    hint = NEAR.format(near=f"`/sluss {near[0]}`") if near else ""
    return _joined((NO_SUCH.format(word=code(word, 40), near=hint), usage()))


def tried_again(told: Told) -> str:
    run = told.release.current_step()
    return _joined((TRIED_AGAIN.format(step=run.step if run else ""), status(told)))


def not_tried(told: Told, reason: str, who_can: str) -> str:
    words = told.prose(NOT_TRIED.format(reason=reason, who_can=who_can).rstrip())
    return _joined((words, status(told)))


def _standing(told: Told) -> Iterator[str]:
    release = told.release
    where = f"{told.code(release.commit[:8])} on {told.code(release.branch)}"
    yield f"**{plain(release.id)}** is {plain(state_of(told.model, release))} (commit {where})."
    yield told.prose(gate_status(release, "").text)
    waits = waits_for(told.model, release, told.context, retry=RETRY)
    if waits:
        yield told.prose(f"It {waits.removesuffix('.')}.")
    if release.reason and release.state not in RUNNING:
        yield told.prose(release.reason)


def _to_mend(told: Told) -> Iterator[str]:
    """Findings in the order of their checks' priority; those that only advise come last."""
    found = open_checks(told.release, told.context.policy)
    lines = [line for result in found for line in _findings(told, result)]
    if not lines:
        return
    total = sum(result.to_mend for result in found)
    yield f"To mend, the gravest first ({count(total, 'finding')}):"
    hidden = len(lines) - SHOWN
    more = [f"- and {hidden} more"] if hidden > 0 else []
    yield "\n".join((*lines[:SHOWN], *more))


def _findings(told: Told, result: CheckResult) -> Iterator[str]:
    gate = told.context.policy.blocked_gate(result)
    about = (
        f"{plain(result.check)}, {f'blocks {plain(NAMES.get(gate, gate))}' if gate else 'warns'}"
    )
    if result.status is Status.COULD_NOT_RUN:
        yield f"- {about}: could not run. {told.prose(result.note)}"
    for finding in result.findings:
        if not finding.is_advice:
            yield f"- {_place(told, finding)} {told.prose(finding.describe())} ({about})"


def _place(told: Told, finding: Finding) -> str:
    return told.code(finding.place()) or "the repository"


def _more(told: Told) -> Iterator[str]:
    more = link("The release", told.url)
    if more:
        yield more


def _acts(told: Told) -> Iterator[tuple[str, Act]]:
    """What comes next for this release, each with its name for people."""
    release = told.release
    if release.state in CAN_RETRY:
        yield "To try again", RetryStep(release=release.id)
    if release.state is State.AWAITING_ACCEPTANCE:
        yield "To accept it", AcceptVersion(release=release.id)
    promotion = release.open_promotion()
    if promotion is not None and release.state is State.AWAITING_APPROVAL:
        act = ApproveStage(release=release.id, approval=promotion.approval)
        yield f"To approve {promotion.stage}", act
    if release.state in CAN_REQUEST:
        for stage in JUDGED:
            if stage not in release.placed:
                yield f"To request {stage}", RequestStage(release=release.id, stage=stage)


def _ruled(told: Told, title: str, act: Act) -> Iterator[str]:
    """Everything that stands in the way whoever asks, with who can."""
    ruling = may(None, act, told.model, told.context)
    unmet = [part for part in ruling.parts if not part.is_met]
    if ruling.is_met:
        yield f"- **{title}**: {FREE} {told.prose(ruling.who_can)}".rstrip()
    for part in unmet:
        yield f"- **{title}**: {told.prose(f'{part.reason} {part.who_can}'.rstrip())}"


def _gates(told: Told) -> Iterator[str]:
    """Where findings stand in the way; on a branch only after the merge."""
    blocks = "\n".join(_blocks(told))
    if blocks and not told.release.is_candidate:
        yield OFF_THE_ROAD
    if not blocks and not told.release.is_candidate and told.release.checked is not None:
        yield AS_YOU_MERGE
    yield blocks


def _blocks(told: Told) -> Iterator[str]:
    """The gates before which the same findings stand are one line."""
    policy, checked = told.context.policy, told.release.checked
    for found, gates in groupby(GATES, lambda gate: findings_before(checked, policy, gate)):
        names = ", ".join(plain(NAMES.get(gate, gate)) for gate in gates)
        if found:
            yield GATE_BLOCKS.format(gates=names, found=told.prose(found))


def _joined(paragraphs: Sequence[str]) -> str:
    text = "\n\n".join(filter(None, paragraphs))
    is_of_chat = "`request " in text or "`give up " in text or "`base " in text
    return f"{text}\n\n{IN_THE_CHAT}" if is_of_chat and IN_THE_CHAT not in text else text
