"""Runs the tools of the gate and a repository's own code where they can do no harm."""

from adapters.sandbox.orders import Bounds
from adapters.sandbox.sandbox import probe

__all__ = ["Bounds", "probe"]
