"""The one-machine machine learning platform: a detached supervisor for each run."""

from adapters.local_runs.platform import LocalRuns

__all__ = ["LocalRuns"]
