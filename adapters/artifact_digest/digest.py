"""One SHA-256 over all files of an artifact, so that any change of it is seen."""

import hashlib
from pathlib import Path


def artifact_digest(folder: Path) -> str:
    """Hash the sorted pairs of relative path and content; return hexadecimal digits.

    Each path and content is hashed by itself first, so that none runs into the next. Links are
    followed to files: what is loaded is what counts.
    """
    total = hashlib.sha256()
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    for name, path in sorted(files.items()):
        if not path.is_file():
            continue
        with path.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").digest()
        total.update(hashlib.sha256(name.encode()).digest() + digest)
    return total.hexdigest()
