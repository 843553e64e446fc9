"""What ``sluss check --fix`` may mend by itself: names of files, and files that are missing."""

from workers.fixes.fix import Create, Fix, Rename, Rewrite
from workers.fixes.plan import planned_fixes

__all__ = ["Create", "Fix", "Rename", "Rewrite", "planned_fixes"]
