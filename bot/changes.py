"""Ask the git host what came since the champion, once: a host that is down loses no card."""

import msgspec

from bot.view import Changes
from core.errors import CommitGoneError, UnavailableError, UnknownNameError
from core.ports import Effects, GitHost
from core.release.release import Release

KEPT_COMMITS, KEPT_FILES = 30, 60
SILENT = "The git host does not answer: commits and changed files are not shown. Open it later."
GONE = "The commits cannot be compared: one of them is no longer in the repository."


async def changes(
    git: GitHost, effects: Effects, release: Release, champion: Release | None
) -> Changes:
    """Commits do not change, so the first answer is kept; what could not be asked is not."""
    since = champion.commit if champion else ""
    key = f"changes/{release.repository}/{release.commit}/{since}"
    kept = await effects.find_effect(key)
    if kept is not None:
        return msgspec.json.decode(kept, type=Changes)
    try:
        found = await _ask(git, release, since)
    except UnavailableError:
        return Changes(missing=SILENT)
    except (CommitGoneError, UnknownNameError):
        return Changes(missing=GONE)
    await effects.effect(key, msgspec.json.encode(found).decode())
    return found


async def _ask(git: GitHost, release: Release, since: str) -> Changes:
    commits = await git.commits(release.repository, release.commit, since)
    files = await git.changed_files(release.repository, release.commit, since)
    return Changes(
        commits=commits[:KEPT_COMMITS],
        files=files[:KEPT_FILES],
        commit_count=len(commits),
        file_count=len(files),
    )
