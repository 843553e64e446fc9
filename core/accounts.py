"""Accounts at the host of git: a person's has their name, and a service's is of a kind of its own.

A service is no person and never a second pair of eyes: somebody answers for what it does.
"""

import re
from enum import StrEnum
from typing import Final

import msgspec

from core.people import folded
from core.platform import canonical_id


class AccountKind(StrEnum):
    """The kinds of account that are no person's."""

    SERVICE_PRINCIPAL = "service principal"
    BUILD_SERVICE = "build service"
    SERVICE = "service of the host"


# A descriptor begins with the kind of its subject.
# https://learn.microsoft.com/rest/api/azure/devops/graph/
DESCRIPTORS: Final = {
    "aadsp.": AccountKind.SERVICE_PRINCIPAL,
    "svc.": AccountKind.BUILD_SERVICE,
    "s2s.": AccountKind.SERVICE,
}
SUBJECT: Final = "serviceprincipal"
_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_GUID_AT_GUID: Final = re.compile(f"{_GUID.pattern}@{_GUID.pattern}", re.IGNORECASE)

# The host calls a build service so itself; the other names are ours.
PREFIXES: Final = {
    AccountKind.SERVICE_PRINCIPAL: "service_principal\\",
    AccountKind.BUILD_SERVICE: "Build\\",
    AccountKind.SERVICE: "host_service\\",
}


class HostAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account as the host tells of it, in a delivery or by its API."""

    id: str
    unique_name: str = ""
    display_name: str = ""
    descriptor: str = ""
    subject_kind: str = ""

    @property
    def name(self) -> str:
        r"""The name that the directory knows best: an address, or an account such as ``BANK\anna``.

        An address may follow a domain, as in ``Windows Live ID\somebody@example.org``. A service's
        name says of which kind it is, and no address stands for it.
        """
        name = self.unique_name.strip()
        kind = self._told_kind()
        if kind is not None and kind_of(name) is not kind:
            return f"{PREFIXES[kind]}{canonical_id(self.id)}"
        if kind is not None:
            return name
        address = name.rpartition("\\")[2]
        return address if "@" in address else name or self.id

    def _told_kind(self) -> AccountKind | None:
        """Deliveries have no descriptor: there a service is known by a name that no person has."""
        descriptor, name = self.descriptor.casefold(), self.unique_name.strip()
        told = (kind for start, kind in DESCRIPTORS.items() if descriptor.startswith(start))
        if self.subject_kind.casefold() == SUBJECT or _GUID.fullmatch(name):
            return AccountKind.SERVICE_PRINCIPAL
        is_of_host = _GUID_AT_GUID.fullmatch(name)
        return next(told, AccountKind.SERVICE if is_of_host else kind_of(name))


def kind_of(name: str) -> AccountKind | None:
    """Tell of which kind a service is by its name; None for a person, known or not."""
    kinds = (kind for kind, start in PREFIXES.items() if folded(name).startswith(start.casefold()))
    return next(kinds, None)


def shown(name: str, display_name: str = "") -> str:
    """What people read of an account: a service is shown as what it is."""
    kind = kind_of(name)
    return f"{display_name or name} ({kind})" if kind else display_name or name
