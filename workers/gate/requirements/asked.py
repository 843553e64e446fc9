"""Parses one requirement, or returns the finding that says what is wrong with it."""

import re
from typing import Final

import msgspec
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from core.gate.checks import Finding
from core.gate.requirement import UnreadableRequirement, read_requirement, split_hashes
from core.gate.requirements import Hosts

LOCAL: Final = re.compile(r"(?<=[0-9])\+[A-Za-z0-9.]+")


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where a requirement stands; ``is_used`` says that the environment is made from it.

    ``is_constraint`` marks an entry that limits a version and installs nothing.
    """

    path: str
    line: int = 0
    is_conda: bool = False
    is_constraint: bool = False
    is_used: bool = True


class AskedLibrary(msgspec.Struct, frozen=True, kw_only=True):
    """A requirement; ``name`` is normalised, ``specifier`` has no local versions (``+cpu``)."""

    name: str
    specifier: SpecifierSet
    extras: tuple[str, ...] = ()
    origin: Origin

    @property
    def is_firm(self) -> bool:
        """Tell whether the environment cannot be made without it."""
        return self.origin.is_used and not self.origin.is_constraint

    def describe(self) -> str:
        """Write the requirement as people do, with the lower bound first."""
        parts = sorted(map(str, self.specifier), key=lambda part: (part.startswith("<"), part))
        return f"{self.name}{','.join(parts)}"

    @property
    def line(self) -> str:
        """Write the requirement as uv reads it, without its marker, which was true."""
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        return f"{self.name}{extras}{self.specifier}"


def parse(
    text: str, origin: Origin, python: str, hosts: Hosts = ()
) -> AskedLibrary | Finding | None:
    """Parse one requirement; return None where its marker excludes this Python on Linux.

    Every marker counts as true while ``python`` is "".
    """
    requirement = read_requirement(LOCAL.sub("", split_hashes(text)[0]), hosts)
    if isinstance(requirement, UnreadableRequirement):
        return _none(origin, requirement.wrong, requirement.mend)
    try:
        if python and requirement.marker and not requirement.marker.evaluate(_linux(python)):
            return None
    except ValueError:  # packaging raises this for a marker that compares values without an order.
        return _none(origin, "has a marker (behind the ;) that makes no sense", "mend or remove it")
    return AskedLibrary(
        name=canonicalize_name(requirement.name),
        specifier=requirement.specifier,
        extras=tuple(sorted(requirement.extras)),
        origin=origin,
    )


def _none(origin: Origin, wrong: str, mend: str) -> Finding:
    return Finding(origin.path, mend, wrong, origin.line, is_advice=not origin.is_used)


def _linux(python: str) -> dict[str, str]:
    # The tables hold no patch version, so we take one; hardly any marker depends on it.
    full = f"{python}.3"
    return {
        "implementation_name": "cpython",
        "implementation_version": full,
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": full,
        "python_version": python,
        "sys_platform": "linux",
        "extra": "",
    }
