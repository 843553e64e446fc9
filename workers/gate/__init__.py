"""The gate: every check of a commit, the quick answers first, each in a process of its own kind."""

from workers.gate.gate import Gate, Watcher
from workers.gate.judge import JudgeLimits

__all__ = ["Gate", "JudgeLimits", "Watcher"]
