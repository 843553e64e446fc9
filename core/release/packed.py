"""Releases that are bytes until somebody asks for them: of a long story few are ever looked at."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from core.release.release import Release
from core.words import ReleaseId

Releases = Mapping[ReleaseId, Release]

_unpack: Final = msgspec.msgpack.Decoder(Release).decode


class PackedReleases(Releases):
    """Reads as a dictionary does; a release is unpacked once, and then the same object each time.

    Several threads may read it: at worst two of them unpack the same release.
    """

    __slots__ = ("_found",)

    def __init__(self, found: Mapping[ReleaseId, Release | bytes]) -> None:
        self._found = dict(found)

    def __getitem__(self, key: ReleaseId) -> Release:
        found = self._found[key]
        if isinstance(found, bytes):
            found = self._found[key] = _unpack(found)
        return found

    def __contains__(self, key: object) -> bool:
        return key in self._found

    def __iter__(self) -> Iterator[ReleaseId]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def joined(self, new: Releases) -> "PackedReleases":
        """These releases and the new ones, of which none is unpacked."""
        return PackedReleases(self._found | dict(new))


def joined(known: Releases, new: Releases) -> Releases:
    """Both together, in their order; a release that is in both is as the new ones have it."""
    return known.joined(new) if isinstance(known, PackedReleases) else {**known, **new}
