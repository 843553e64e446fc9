"""The sandbox: the gate's tools and a repository's own code run where they can do no harm."""

from adapters.sandbox.orders import Bounds
from adapters.sandbox.sandbox import probe

__all__ = ["Bounds", "probe"]
