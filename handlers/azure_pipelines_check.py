"""A run of Azure Pipelines waits at an environment, and a check of that environment calls us.

Who sets the check up chooses what it sends: by default all of it is in headers, and the body is
empty. https://learn.microsoft.com/azure/devops/pipelines/process/invoke-checks
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import msgspec

from core.checkpoint import CheckpointKind, checkpoint_id
from core.errors import DECODE_ERRORS, RejectedDeliveryError
from core.events.outside import CheckCalled
from core.platform import canonical_id
from core.ports import JobToken
from handlers.source import Delivered, Envelope, Headers, Source, fingerprint

NAME: Final = "azure-pipelines-check"
CALL: Final = "check"

# The names of Microsoft's own templates; the body of the task has another one for the address.
TOKEN: Final = "AuthToken"  # noqa: S105 - the header's name
ADDRESSES: Final = ("PlanUrl", "VstsUrl")
HUB: Final = "HubName"
IDS: Final = ("ProjectId", "PlanId", "JobId", "TaskInstanceId")
RUN: Final = "BuildId"
READ: Final = (TOKEN, *ADDRESSES, HUB, *IDS, RUN)

# Of runs of YAML pipelines and their checks. A classic release says another one.
HUBS: Final = frozenset({"build", "checks"})
_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TOKEN: Final = re.compile(r"[!-~]{8,8000}")
_NUMBER: Final = re.compile(r"\d{1,18}", re.ASCII)
_CLOUD: Final = "dev.azure.com"
_OLD_CLOUD: Final = ".visualstudio.com"

WRONG: Final = (
    "The call of the check cannot be taken: {why}. Nothing of it was kept and nothing is answered, "
    "so that the stage goes on waiting; mend the check, then run it again."
)
NO_JSON: Final = "its body is neither empty nor a JSON object"
DIFFERENT: Final = "its headers and its body say different things of {name}"
MISSING: Final = "it has no {name}"
NO_GUID: Final = "{name} is no GUID"
NO_TOKEN: Final = "AuthToken is no token"  # noqa: S105
NO_HUB: Final = "HubName is not that of a run of a YAML pipeline (build or checks)"
FOREIGN: Final = (
    "its address is that of another organisation than SLUSS_AZURE_DEVOPS, and Sluss answers to "
    "that one alone"
)
NO_ORGANISATION: Final = "no Azure DevOps is connected here (SLUSS_AZURE_DEVOPS)"

_body = msgspec.json.Decoder(dict[str, Any])


def _envelope(_headers: Headers, _raw: bytes, now: datetime) -> Envelope:
    return Envelope(type=CALL, delivery=f"{now:%Y%m%dT%H%M%S.%f}")


class CheckSource(Source):
    """Calls of the checks of one organisation; "" takes none."""

    holds_token = True

    def __init__(self, organisation: str) -> None:
        super().__init__(NAME, _envelope)
        self._organisation = _place(organisation)

    def read(self, headers: Headers, raw: bytes, now: datetime) -> Delivered:
        """Raise RejectedDeliveryError, which never quotes the call, for what cannot be taken."""
        said = _said(headers, raw)
        self._refuse_foreign(said)
        project, plan, job, task = (_id(said, name) for name in IDS)
        name = f"{_hub(said)}/{plan}/{job}/{task}"
        check = checkpoint_id(CheckpointKind.CHECK, project, name)
        run = _number(said.get(RUN, ""))
        called = f"{check}/{now:%Y%m%dT%H%M%S.%f}"
        event = CheckCalled(id=f"ado/{called}", time=now, source=NAME, delivery=called, check=check)
        token = JobToken(check=check, value=_token(said), run=run, came=now)
        # Its bytes hold the token: not even their fingerprint is taken, as each call is its own.
        own = fingerprint(called.encode())
        return Delivered(delivery=called, body=own, events=(event,), token=token)

    def _refuse_foreign(self, said: Mapping[str, str]) -> None:
        """Nothing is ever called at these addresses: one that is not ours tells a mistake, or more.

        A token of somebody else's organisation is none of our business.
        """
        if not self._organisation:
            raise _wrong(NO_ORGANISATION)
        given = [said[name] for name in ADDRESSES if said.get(name)]
        if any(_place(address) != self._organisation for address in given):
            raise _wrong(FOREIGN)


def source_of(organisation: str) -> CheckSource:
    """Return the source for the organisation at this address; calls of others are refused."""
    return CheckSource(organisation)


def _said(headers: Headers, raw: bytes) -> dict[str, str]:
    """Return what a call says, by header or by body; where it says both, they must agree."""
    known = {name.casefold(): name for name in READ}
    said: dict[str, str] = {}
    for name, value in (*headers.items(), *_in_body(raw)):
        read = known.get(name.casefold())
        if read is None or not value:
            continue
        if said.setdefault(read, value) != value:
            raise _wrong(DIFFERENT.format(name=read))
    return said


def _in_body(raw: bytes) -> Iterable[tuple[str, str]]:
    if not raw.strip():
        return ()
    try:
        body = _body.decode(raw)
    except DECODE_ERRORS:
        raise _wrong(NO_JSON) from None
    texts = ((name, str(value)) for name, value in body.items() if isinstance(value, str | int))
    return tuple(texts)


def _id(said: Mapping[str, str], name: str) -> str:
    given = said.get(name, "")
    if not given:
        raise _wrong(MISSING.format(name=name))
    found = _guid(given)
    if not found:
        raise _wrong(NO_GUID.format(name=name))
    return found


def _guid(value: str) -> str:
    """Return a GUID in our spelling, so that it may stand in a path; "" for anything else."""
    found = canonical_id(value)
    return found if _GUID.fullmatch(found) else ""


def _token(said: Mapping[str, str]) -> str:
    token = said.get(TOKEN, "")
    if not _TOKEN.fullmatch(token):
        raise _wrong(NO_TOKEN if token else MISSING.format(name=TOKEN))
    return token


def _hub(said: Mapping[str, str]) -> str:
    hub = said.get(HUB, "").casefold()
    if hub not in HUBS:
        raise _wrong(NO_HUB if hub else MISSING.format(name=HUB))
    return hub


def _number(value: str) -> int:
    """Return 0 for no number: a variable that the server does not know stays its own name."""
    return int(value) if _NUMBER.fullmatch(value) else 0


def _place(address: str) -> tuple[str, str] | None:
    """Return where an organisation is, in either of its two spellings; None for no address."""
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").casefold(), parts.port
    except ValueError:
        return None
    if not host or "@" in parts.netloc or parts.scheme not in ("http", "https"):
        return None
    path = unquote(parts.path).strip("/").casefold()
    if host.endswith(_OLD_CLOUD):
        return _CLOUD, host.removesuffix(_OLD_CLOUD)
    usual = {"http": 80, "https": 443}[parts.scheme]
    return (host if port in (None, usual) else f"{host}:{port}"), path


def _wrong(why: str) -> RejectedDeliveryError:
    return RejectedDeliveryError(WRONG.format(why=why))


source = source_of("")
