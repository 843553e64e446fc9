"""policy.yml: the rules of the platform team, strict to read and bound to approvals by digest."""

from core.policy.policy import GATES, RUNTIMES, CheckRule, Policy
from core.policy.read import policy

__all__ = ["GATES", "RUNTIMES", "CheckRule", "Policy", "policy"]
