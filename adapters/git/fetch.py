"""Fetches from another host with git: safely, and told in words of ours when it fails.

The address and the token go to git in its environment: neither a file nor the list of processes has
them. git's own words are matched and never shown, as they may quote what somebody has pushed.
"""

import asyncio
import os
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from adapters.git.command import GitCommand, git_environment, run_git
from core.errors import UnavailableError
from core.loopback import is_loopback

FETCH_LIMIT_S: Final = 600.0
REMOTE: Final = "origin"
CONTENTS: Final = "blob:none"
LARGER: Final = "blob:limit={bytes}"  # contents of that size, and larger ones
BLOCK: Final = 512  # bytes, as ``ulimit -f`` counts
SPARE: Final = 1 << 16  # bytes of a pack that are no content
_LIMITED: Final = ("/bin/sh", "-c", 'ulimit -f "$1" && shift && exec "$@"', "sh")
_FETCH: Final = (
    *("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-gc"),
    *("--no-recurse-submodules", "--stdin", REMOTE),
)

# Old programs have written such objects, and nobody can mend a commit that others built upon.
_HARMLESS: Final = ("badTimezone", "missingSpaceBeforeDate", "zeroPaddedFilemode")
# What git's library of HTTP reads, and the names that git has for the others.
_PROXIES: Final = frozenset({"http_proxy", "https_proxy", "all_proxy", "no_proxy"})
_CERTIFICATES: Final = {"SSL_CERT_FILE": "GIT_SSL_CAINFO", "SSL_CERT_DIR": "GIT_SSL_CAPATH"}

FAILED: Final = "git could not fetch ({why}). Nothing was changed; it is tried again."


class Failure(StrEnum):
    """Why a fetch came to nothing, as far as git tells."""

    SIGNED_OUT = "not let in"
    PAGE = "a web page"
    FORBIDDEN = "not allowed"
    NOT_THERE = "no such repository"
    GONE = "no such commit"
    NOT_BY_ID = "no commit is handed over by its id"
    BUSY = "asked to wait"
    DOWN = "no answer"
    SLOW = "too slow"
    REDIRECTED = "led elsewhere"
    NOT_ALLOWED = "no address that a token may go to"
    UNTRUSTED = "its certificate is not trusted"
    TOO_LARGE = "too large"
    MALFORMED = "malformed objects"
    DISK_FULL = "the disk is full"
    DAMAGED = "the clone is damaged"


_PAGE: Final = (
    r"not valid: .*is this a git repository|invalid server response|cannot obtain needed object|"
    r"unable to find [0-9a-f]+ under"
)
_DAMAGE: Final = (
    r"not a git repository|bad object|corrupt|bad config|unable to read|object file|bad signature|"
    r"packfile .* (cannot|index)|did not send all necessary|unresolved deltas|cannot lock ref|"
    r"unable to create"
)
_TELLS: Final = ("fatal:", "error:", "remote: tf", "cannot obtain")
# The first that fits counts. What a host's own program says comes behind "remote:"; an "error: 404
# bytes of body are still expected" is git's own.
_SAID: Final = (
    (Failure.PAGE, _PAGE),
    (Failure.DISK_FULL, r"no space left on device|disk quota exceeded"),
    (Failure.TOO_LARGE, r"^fatal: (out of memory|mmap failed)"),
    (Failure.MALFORMED, r"fsck error|invalid \w+ object|error in object"),
    (
        Failure.SIGNED_OUT,
        r"could not read (username|password)|authentication failed|returned error: 401",
    ),
    (Failure.FORBIDDEN, r"returned error: 403|tf401027"),
    (Failure.GONE, r"not our ref|tf401035|couldn't find remote ref"),
    (Failure.NOT_BY_ID, r"does not allow request for unadvertised object"),
    (
        Failure.NOT_THERE,
        r"repository '[^']*' not found|returned error: (404|410)|tf401019|tf200016",
    ),
    (Failure.BUSY, r"returned error: 429"),
    (Failure.REDIRECTED, r"returned error: 3\d\d|redirect"),
    (Failure.NOT_ALLOWED, r"transport '[^']*' not allowed"),
    (Failure.UNTRUSTED, r"certificate|ssl|gnutls_handshake"),
    (Failure.DOWN, r"pack is corrupted|early eof|inflate"),  # on its way, and not in the clone
    (Failure.DAMAGED, _DAMAGE),
)


class FetchFailedError(UnavailableError):
    """git could not fetch. Nothing was changed; it is tried again by itself."""

    def __init__(self, why: Failure) -> None:
        super().__init__(FAILED.format(why=why))
        self.why = why


class Remote(msgspec.Struct, frozen=True):
    """Where a repository is, and the value of the header ``Authorization`` for all below it."""

    url: str
    authorization: str

    def __repr__(self) -> str:
        return f"Remote({self.url!r})"


class Fetch(msgspec.Struct, frozen=True, kw_only=True):
    """How it is fetched. ``network`` is what ``network_of`` returns."""

    git: str
    network: Mapping[str, str] = {}
    limit_s: float = FETCH_LIMIT_S

    async def __call__(
        self,
        into: GitCommand,
        wants: Sequence[str],
        remote: Remote,
        *,
        most_bytes: int,
        keeps: Sequence[int],
        with_history: bool,
        leaves: str = CONTENTS,
    ) -> None:
        """Fetch objects by their ids, in one call. Raise FetchFailedError.

        ``keeps`` are the descriptors of locks: whoever kills us does not kill git, which still
        writes. Without ``with_history`` the host is not told which commits we have. What is left
        behind is said in ``leaves``, as a filter of git.
        """
        options = () if with_history else ("-c", "fetch.negotiationAlgorithm=noop")
        blocks = (most_bytes + most_bytes // 100 + SPARE) // BLOCK
        try:
            ended = await run_git(
                (*_LIMITED, str(blocks), *into.words(*options, *_FETCH)),
                environment=self._environment(remote, leaves),
                limit_s=self.limit_s,
                stdin="".join(f"{want}\n" for want in wants).encode(),
                keeps=keeps,
            )
        except TimeoutError:
            raise FetchFailedError(Failure.SLOW) from None
        if ended.code != 0:
            is_full = await asyncio.to_thread(_is_full, into.folder, blocks * BLOCK)
            raise FetchFailedError(Failure.TOO_LARGE if is_full else _why(ended.said))

    def _environment(self, remote: Remote, leaves: str) -> dict[str, str]:
        """Nothing of the clone's own settings counts here, as it has none.

        A redirect is not followed, not even to the same host: Azure DevOps sends nobody on who is
        signed in, and a token that has gone elsewhere does not come back. Nobody is asked for a
        login, and none is taken from ``~/.netrc``.
        """
        given = {
            f"remote.{REMOTE}.url": remote.url,
            f"remote.{REMOTE}.promisor": "true",
            f"remote.{REMOTE}.partialCloneFilter": leaves,
            f"http.{remote.url}.extraHeader": f"Authorization: {remote.authorization}",
            "http.followRedirects": "false",
            "http.lowSpeedLimit": "1",  # for a git whose starter was killed, and has a time limit
            "http.lowSpeedTime": "120",
            "advice.graftFileDeprecated": "false",
            "credential.helper": "",
            "fetch.fsckObjects": "true",
            **{f"fetch.fsck.{harmless}": "ignore" for harmless in _HARMLESS},
            "fetch.unpackLimit": "1",
            "fetch.writeCommitGraph": "false",
            "gc.auto": "0",
            "maintenance.auto": "false",
            "protocol.version": "2",
        }
        environment = {**self.network, **git_environment(self.git)}
        environment["HOME"] = os.devnull
        environment["GIT_ALLOW_PROTOCOL"] = _protocol(remote.url)
        environment["GIT_CONFIG_COUNT"] = str(len(given))
        for number, (name, value) in enumerate(given.items()):
            environment[f"GIT_CONFIG_KEY_{number}"] = name
            environment[f"GIT_CONFIG_VALUE_{number}"] = value
        return environment


def network_of(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables with proxies and certificates, as git knows them."""
    found = {name: value for name, value in environment.items() if name.casefold() in _PROXIES}
    for name, of_git in _CERTIFICATES.items():
        if environment.get(name):
            found[of_git] = environment[name]
    return found


def _protocol(url: str) -> str:
    """Only https, as the token goes along; on this machine also http."""
    return "http:https" if is_loopback(urlsplit(url).hostname or "") else "https"


def _is_full(folder: Path, most_bytes: int) -> bool:
    """Whether a pack was cut off at the limit: whom that ends has no words for it."""
    unfinished = folder.glob("objects/pack/tmp_*")
    return any(path.stat().st_size >= most_bytes for path in unfinished)


def _why(said: bytes) -> Failure:
    lines = said.decode("utf-8", errors="replace").casefold().splitlines()
    told = "\n".join(line for line in lines if line.startswith(_TELLS))
    return next(
        (why for why, pattern in _SAID if re.search(pattern, told, re.MULTILINE)), Failure.DOWN
    )
