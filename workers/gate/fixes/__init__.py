"""What ``sluss check --fix`` may mend by itself: names of files, and files that are missing."""

from workers.gate.fixes.fix import Create, Fix, Rename, Rewrite
from workers.gate.fixes.plan import planned_fixes

__all__ = ["Create", "Fix", "Rename", "Rewrite", "planned_fixes"]
