"""Runs the tools of the gate and a repository's own code where they can do no harm."""

from workers.sandbox.probe import probe
from workers.sandbox.sandbox import Bounds

__all__ = ["Bounds", "probe"]
