"""Runs the tools of the gate and a repository's own code where they can do no harm."""

from adapters.sandbox.orders import Bounds
from adapters.sandbox.probe import probe

__all__ = ["Bounds", "probe"]
