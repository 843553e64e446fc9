"""What the gate found, by the place at which it is to be mended, the gravest first."""

from collections.abc import Iterator
from typing import Final

from core.gate.checks import CheckResult, Finding, Status
from core.policy import Policy
from core.ports import Remark
from core.release.release import Release

SAYS: Final = "{what} ({check}, priority {priority}, {owner}, {blocks})"
COULD_NOT_RUN: Final = "{title}: this could not be checked: {note}"


def remarks_of(release: Release, policy: Policy) -> tuple[Remark, ...]:
    """Return a remark for each place; advice is on the card and in the reports alone."""
    places: dict[tuple[str, int], list[tuple[str, str]]] = {}
    for result, finding in _gravest_first(release, policy):
        line = _words(result, finding, policy)
        places.setdefault((finding.path, finding.line), []).append((result.check, line))
    return tuple(
        Remark(
            text="\n".join(line for _, line in said),
            path=path,
            line=line,
            about=tuple(check for check, _ in said),
        )
        for (path, line), said in places.items()
    )


def _gravest_first(release: Release, policy: Policy) -> Iterator[tuple[CheckResult, Finding]]:
    def gravity(result: CheckResult) -> tuple[int, bool]:
        return result.priority, not policy.blocked_gate(result)

    there = (result for result in release.checks if not policy.is_off(result.check))
    for result in sorted(there, key=gravity):
        if result.status is Status.COULD_NOT_RUN:
            says = COULD_NOT_RUN.format(title=result.title, note=result.note)
            yield result, Finding(path="", mend=says)
            continue
        yield from ((result, each) for each in result.findings if not each.is_advice)


def _words(result: CheckResult, finding: Finding, policy: Policy) -> str:
    gate = policy.blocked_gate(result)
    return SAYS.format(
        what=" ".join(finding.describe().split()),
        check=result.check,
        priority=result.priority,
        owner=result.owner,
        blocks="warns" if not gate else f"blocks {'the run' if gate == 'run' else gate}",
    )
