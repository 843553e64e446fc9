"""A report of the gate: what a tool wrote, or the gate's whole answer in another form."""

from core.errors import UnknownNameError
from core.handle import Handle
from core.ports import Evidence
from core.release.release import Release
from core.words import BlobId, ReleaseId

GATE = "gate"  # in place of a check: the answer of all of them


async def report_of(name: str, asked: tuple[str, str], handle: Handle, evidence: Evidence) -> bytes:
    """``asked``: a check (or ``gate``) and a report's name; only what the release names is read.

    Raise UnknownNameError for anything else.
    """
    release = await handle.release(ReleaseId(name))
    if release is None:
        raise UnknownNameError("release", name)
    check, report = asked
    reports = _reports(release, check)
    if report not in reports:
        raise UnknownNameError("report", f"{check}/{report}", sorted(reports))
    return await evidence.read(reports[report])


def _reports(release: Release, check: str) -> dict[str, BlobId]:
    if check == GATE:
        return release.checked.reports if release.checked else {}
    return next((found.reports for found in release.checks if found.check == check), {})
