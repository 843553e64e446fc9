"""One SHA-256 over all files of an artifact, so that any change of it is seen."""

import hashlib
from pathlib import Path


def artifact_digest(folder: Path) -> str:
    """Over the sorted (relative path, content) pairs; each is hashed first, so none runs together.

    Links are followed to files: what is loaded is what counts.
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
