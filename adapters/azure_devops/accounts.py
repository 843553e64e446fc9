"""Who did something at Azure DevOps, as its SDK tells of an identity."""

from typing import Any

from core.accounts import HostAccount


def account_of(identity: Any) -> HostAccount:
    """Return an account whose name is "" where nobody is told."""
    return HostAccount(
        id=(identity and identity.id) or "",
        unique_name=(identity and identity.unique_name) or "",
        display_name=(identity and identity.display_name) or "",
        descriptor=(identity and identity.descriptor) or "",
    )
