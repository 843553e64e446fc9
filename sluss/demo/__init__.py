"""The story that `sluss demo` tells, with real repositories, models and approvals."""
