"""Says of what a repository calls harmless who wrote that there, and when."""

import msgspec

from core.gate.checks import Accepted, CheckResult
from core.ports import GitHost

MOST = 50  # each asks the host of git; who wrote more than that is not told


async def with_authors(
    checks: tuple[CheckResult, ...], git: GitHost, at: tuple[str, str], baseline: str
) -> tuple[CheckResult, ...]:
    """Fill in who accepted a secret: whoever wrote its hash into the file ``baseline``.

    ``at`` is a repository and its commit.
    """
    repository, commit = at

    async def told(accepted: Accepted) -> Accepted:
        key = accepted.key
        written = await git.who_wrote(repository, commit, baseline, key) if key else None
        if written is None:
            return accepted
        by = written.author.name or written.author.email
        return msgspec.structs.replace(accepted, by=by, at=written.day, commit=written.commit)

    async def each(check: CheckResult) -> CheckResult:
        named = [await told(accepted) for accepted in check.accepted[:MOST]]
        return msgspec.structs.replace(check, accepted=(*named, *check.accepted[MOST:]))

    return tuple([await each(check) if check.accepted else check for check in checks])
