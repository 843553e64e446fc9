"""The one-machine machine learning platform: a detached keeper for each run."""

from adapters.local_runs.platform import LocalRuns

__all__ = ["LocalRuns"]
