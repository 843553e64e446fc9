"""What the check ``lint`` knows about pylint and ruff: profiles, settings, and words."""

from importlib.resources import files


def run_pylint_source() -> bytes:
    """The file that starts pylint inside the sandbox."""
    return (files("workers.gate.linting") / "run_pylint.py").read_bytes()
