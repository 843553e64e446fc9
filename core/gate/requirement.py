"""Reads one requirement and writes it anew, so that no installer sees what its author wrote.

An installer understands more than a requirement: variables, options, files and addresses, also in
places where nobody would look for them (``six @http:host/x.whl``). What is no plain requirement is
refused here. https://packaging.python.org/en/latest/specifications/dependency-specifiers/
"""

import re
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import Specifier
from packaging.version import InvalidVersion, Version

LONGEST: Final = 500  # A longer requirement was not written by a person.
LONGEST_URL: Final = 300
VARIABLE: Final = re.compile(r"\$|%[A-Za-z_][A-Za-z0-9_]*%")
HASHES: Final = re.compile(r"(?: --hash[= ](?:sha256|sha384|sha512):[0-9a-fA-F]{2,128})+")
BEHIND: Final = re.compile(r"(?:^|\s)--?[A-Za-z]")
ONE_EQUALS_SIGN: Final = re.compile(
    r"(?P<name>[A-Za-z0-9._-]+) ?= ?(?P<version>[0-9][0-9A-Za-z.*]*)"
)
WHEEL: Final = re.compile(
    r"/(?P<name>[A-Za-z0-9_.]+)-[A-Za-z0-9_.!+]+(?:-[A-Za-z0-9_.]+){3,4}\.whl$"
)
# uv takes a name that ends so for a file below its folder.
ARCHIVE: Final = re.compile(
    r"\.(?:whl|zip|egg|tar|gz|tgz|bz2|tbz2?|xz|txz|lzma|tlz|lz|zst)$", re.IGNORECASE
)
URL: Final = re.compile(r"https://[A-Za-z0-9.-]+(?::\d{1,5})?(?:/[A-Za-z0-9._~!+-]+)+")

WRITE: Final = "write a name with a version, such as pandas==2.2.3 or pandas>=2.2,<3"
NO_REQUIREMENT: Final = "is no requirement that pip can read"
BY_ADDRESS: Final = "installs from a folder or an address"
NAME_IT: Final = "name a package and its version; code of your own belongs in the source folder"
HAS_VARIABLE: Final = "has a variable ($ or %), which an installer would fill in"
HAS_OPTION: Final = "has an option behind the name"
OTHER_HOST: Final = "installs from {host}, a host that the policy does not list"
NO_WHEEL: Final = "installs from an address that is not that of a wheel of this name"


class UnreadableRequirement(msgspec.Struct, frozen=True):
    """What is wrong with a requirement, and what to do about it."""

    wrong: str
    mend: str = WRITE
    is_address: bool = False


def read_requirement(text: str, hosts: Collection[str] = ()) -> Requirement | UnreadableRequirement:
    """Parse one requirement, without its hashes. A wheel's address may be on ``hosts`` only."""
    if len(text) > LONGEST:
        return UnreadableRequirement(f"has a requirement of {len(text):,} characters")
    # An escape in the text of a marker would become another letter while it is parsed, such as $.
    if not text.isascii() or not text.isprintable() or "\\" in text:
        return UnreadableRequirement("has letters that are none of a requirement's")
    if VARIABLE.search(text):
        return UnreadableRequirement(HAS_VARIABLE, "write what it stands for, and no password")
    if found := ONE_EQUALS_SIGN.fullmatch(text):
        mend = f"write {found['name']}=={found['version']}"
        return UnreadableRequirement("has one equals sign, which pip does not read", mend)
    return _parsed(text, hosts)


def _parsed(text: str, hosts: Collection[str]) -> Requirement | UnreadableRequirement:
    try:
        requirement = Requirement(text)
    except (InvalidRequirement, RecursionError):
        option = BEHIND.search(text.partition(";")[0])
        return UnreadableRequirement(HAS_OPTION if option else NO_REQUIREMENT)
    if ARCHIVE.search(requirement.name):
        return UnreadableRequirement(BY_ADDRESS, NAME_IT, is_address=True)
    if requirement.url is not None:
        return _at_an_address(requirement, requirement.url, hosts)
    if not all(map(_has_version, requirement.specifier)):
        return UnreadableRequirement(NO_REQUIREMENT)
    return requirement


def _has_version(part: Specifier) -> bool:
    """Three equals signs compare any text: only a version is taken."""
    try:
        return part.operator != "===" or bool(Version(part.version))
    except InvalidVersion:
        return False


def _at_an_address(
    requirement: Requirement, url: str, hosts: Collection[str]
) -> Requirement | UnreadableRequirement:
    if not URL.fullmatch(url) or len(url) > LONGEST_URL:
        return UnreadableRequirement(BY_ADDRESS, NAME_IT, is_address=True)
    parts = urlsplit(url)
    if parts.netloc.casefold() not in {host.casefold() for host in hosts}:
        wrong = OTHER_HOST.format(host=parts.hostname)
        return UnreadableRequirement(wrong, NAME_IT, is_address=True)
    wheel = WHEEL.search(parts.path)
    if wheel is None or "/.." in parts.path or _plain(wheel["name"]) != _plain(requirement.name):
        return UnreadableRequirement(NO_WHEEL, NAME_IT, is_address=True)
    return requirement


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).casefold()


def split_hashes(text: str) -> tuple[str, str]:
    """Return a requirement of a lock file and its hashes, "" where what follows is no hash."""
    begins = text.find(" --hash")
    if begins < 0 or not HASHES.fullmatch(text, begins):
        return text, ""
    return text[:begins], text[begins:].replace("--hash ", "--hash=")


def written(requirement: Requirement) -> str:
    """Write a requirement for an installer, from its parts alone, the lower bound first."""
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    parts = sorted(map(str, requirement.specifier), key=lambda part: (part.startswith("<"), part))
    where = f" @ {requirement.url}" if requirement.url else ",".join(parts)
    marker = f" ; {requirement.marker}" if requirement.marker else ""
    return f"{requirement.name}{extras}{where}{marker}"
