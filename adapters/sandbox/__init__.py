"""Runs the tools of the gate and a repository's own code where they can do no harm."""

from adapters.sandbox.probe import probe
from adapters.sandbox.sandbox import Bounds

__all__ = ["Bounds", "probe"]
