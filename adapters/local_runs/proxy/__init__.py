"""The proxy of a run: the only way on which a model's code reaches the tracking server."""

from adapters.local_runs.proxy.known import KnownRun
from adapters.local_runs.proxy.serve import RunProxy

__all__ = ["KnownRun", "RunProxy"]
