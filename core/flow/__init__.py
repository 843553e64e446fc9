"""Decide what follows from an event: pure, total, and the only place where rules meet state.

One file per kind of thing that happens; each registers its functions with ``decides``.
"""

from core.context import Context
from core.flow import (
    acceptance,
    base,
    called_checks,
    cards,
    checks,
    comments,
    desk,
    financial_id,
    freeing,
    mappings,
    pipelines,
    progress,
    promotion,
    pushes,
    registry,
    retry,
    steps,
)
from core.flow.decision import Decision, decide

__all__ = [
    "Context",
    "Decision",
    "acceptance",
    "base",
    "called_checks",
    "cards",
    "checks",
    "comments",
    "decide",
    "desk",
    "financial_id",
    "freeing",
    "mappings",
    "pipelines",
    "progress",
    "promotion",
    "pushes",
    "registry",
    "retry",
    "steps",
]
