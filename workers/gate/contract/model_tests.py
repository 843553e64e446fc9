"""Whether a repository has tests where they are looked for."""

import posixpath

from core.gate.checks import ModelRepo


def has_tests(repo: ModelRepo, folder: str) -> bool:
    """Files that pytest takes for tests, at any depth; names compare without case."""
    start = f"{folder}/".casefold()
    inside = (path.casefold() for path in repo.files if path.casefold().startswith(start))
    names = (posixpath.basename(path) for path in inside if path.endswith(".py"))
    return any(name.startswith("test_") or name.endswith("_test.py") for name in names)
