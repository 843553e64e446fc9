"""One SHA-256 over all files of an artifact, so that any change of it is seen."""

import hashlib
from collections.abc import Mapping
from pathlib import Path


def artifact_digest(folder: Path) -> str:
    """Hash the sorted pairs of relative path and content; return hexadecimal digits."""
    return digest_of(file_digests(folder))


def file_digests(folder: Path) -> dict[str, str]:
    """Map each relative path to the SHA-256 of its content.

    Links are followed to files: what is loaded is what counts.
    """
    found = {}
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as content:
                digest = hashlib.file_digest(content, "sha256").hexdigest()
            found[path.relative_to(folder).as_posix()] = digest
    return found


def digest_of(files: Mapping[str, str]) -> str:
    """Make one digest of those of the files; paths are hashed too, so that none runs together."""
    total = hashlib.sha256()
    for name, digest in sorted(files.items()):
        total.update(hashlib.sha256(name.encode()).digest() + bytes.fromhex(digest))
    return total.hexdigest()
