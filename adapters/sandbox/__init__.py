"""The sandbox: the gate's tools and a repository's own code run where they can do no harm."""

from adapters.sandbox.orders import Bounds
from adapters.sandbox.sandbox import OneSandbox, probe, reopened

__all__ = ["Bounds", "OneSandbox", "probe", "reopened"]
