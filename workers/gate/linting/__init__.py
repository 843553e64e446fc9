"""Profiles, settings and words that the check ``lint`` uses for pylint and ruff."""

from importlib.resources import files


def run_pylint_source() -> bytes:
    """Return the source of the script that starts pylint inside the sandbox."""
    return (files("workers.gate.linting") / "run_pylint.py").read_bytes()
