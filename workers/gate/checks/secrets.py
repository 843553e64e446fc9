"""The check ``secrets``: no password, key or token in a commit or in what was pushed with it."""

from collections.abc import Iterator
from typing import Final

import msgspec

from core.command_line import typed
from core.count import count
from core.gate.checks import GBI, Accepted, Finding, Found, ModelRepo, Note, tool_check
from core.gate.facts import CheckFacts
from core.gate.tools import PYTHON, Output, ToolCommand
from workers.gate.secret_scan.report import ScanTask, Secret, SecretReport
from workers.gate.tool_reports import tool_report

# The scan stops by itself then; its process may live a little longer, to report what it reached.
SECONDS: Final = 45.0
NAMED: Final = 3  # A note names at most this many files.

FALSE_ALARM: Final = "a false alarm: `sluss accept {where} {fingerprint}`"
REVOKE: Final = (
    "revoke or rotate it where it was issued, keep the new one in the key vault and read it "
    f"through a secret scope; {FALSE_ALARM}"
)
REVOKE_PAST: Final = (
    "revoke it where it was issued: it stays in the history that everybody has, and to rewrite the "
    f"history does not help alone; {FALSE_ALARM}"
)
HOLDS: Final = "holds a secret ({kind}, fingerprint {fingerprint})"
HELD: Final = "held a secret in commit {commit} ({kind}, fingerprint {fingerprint})"
ALLOWED: Final = ", which a comment at its line calls harmless"
UNREAD: Final = "of {files} nothing was looked at: the time of {seconds:g} s was over"
KEEP_OUT: Final = "keep data and generated files out of git, and push again"
NO_HISTORY: Final = "The history of the pushed commits was not looked at here."


def _command(repo: ModelRepo, facts: CheckFacts) -> ToolCommand | None:
    """Compose the scan; -I keeps a folder ``workers`` of the repository from being imported."""
    if not repo.files and not facts.history:
        return None
    rules = facts.rules.secrets
    task = ScanTask(
        baseline=rules.baseline,
        has_entropy=rules.has_entropy,
        history=facts.history or (),
        seconds=SECONDS,
    )
    return ToolCommand(
        argv=(PYTHON, "-I", "-m", "workers.gate.secret_scan.scan"),
        stdin=msgspec.msgpack.encode(task),
        seconds=SECONDS + 15,
    )


@tool_check(
    "secrets",
    _command,
    owner=GBI,
    priority=1,
    title="No secrets in the code or its history",
    mend="Revoke it where it was issued; keep the new one in the key vault, read by secret scope.",
    asks=("history",),
    version=2,
)
def secrets(output: Output, _repo: ModelRepo, facts: CheckFacts) -> Iterator[Found]:
    """Whoever can read a repository can use the secrets in it, and git forgets nothing.

    Known forms (Azure, Entra, Databricks, AWS, private keys, ...) are found anywhere, passwords by
    the name beside them; no network is asked. The baseline file accepts false alarms by their hash:
    it says who accepted what, and is reviewed like code. A comment ``pragma: allowlist secret``
    turns a finding into advice and never hides it: its author would be its only judge.
    """
    report = tool_report(output, SecretReport)
    yield from (_finding(secret) for secret in report.secrets if not secret.is_accepted)
    yield from (_accepted(secret) for secret in report.secrets if secret.is_accepted)
    if report.unread:
        wrong = UNREAD.format(files=count(report.unread, "file"), seconds=SECONDS)
        yield Finding(".", KEEP_OUT, wrong, rule="time")
    yield from map(Note, _about_the_baseline(report, facts.rules.secrets.baseline))
    yield from map(Note, _not_looked_at(report, facts))


def _finding(secret: Secret) -> Finding:
    commit = secret.commit[:12]
    where = f"{commit}:{secret.path}" if commit else secret.path
    mend = (REVOKE_PAST if commit else REVOKE).format(
        where=typed(*(["--"] if where.startswith("-") else []), where),
        fingerprint=secret.fingerprint,
    )
    said = HELD if commit else HOLDS
    wrong = said.format(commit=commit, kind=secret.kind, fingerprint=secret.fingerprint)
    return Finding(
        path=secret.path,
        line=0 if commit else secret.line,
        wrong=wrong + ALLOWED if secret.is_allowed else wrong,
        mend=mend,
        rule=secret.kind,
        is_advice=secret.is_allowed,
    )


def _accepted(secret: Secret) -> Accepted:
    return Accepted(path=secret.path, line=secret.line, what=secret.kind, key=secret.key)


def _about_the_baseline(report: SecretReport, name: str) -> Iterator[str]:
    if accepted := sum(secret.is_accepted for secret in report.secrets):
        yield f"{name} accepts {accepted} of what was found."
    if report.stale:
        yield f"{name} accepts what is no longer there: {_some(report.stale)}. Take it out."
    if report.problem:
        yield f"{report.problem}."


def _not_looked_at(report: SecretReport, facts: CheckFacts) -> Iterator[str]:
    if report.large:
        yield f"Too large to be looked at: {_some(report.large)}."
    if report.binary:
        yield f"Not looked at: {count(report.binary, 'binary file')}."
    if report.left_out:
        yield f"{report.left_out} more were found."
    if facts.history is None:
        yield NO_HISTORY
    elif len(facts.history) >= facts.rules.secrets.max_history_files:
        yield f"Of the history only the newest were looked at: {count(len(facts.history), 'file')}."


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
