"""Keeps secrets out of what is written and shown: those that we know, and what looks like one."""

from core.scrub.known import KnownSecrets
from core.scrub.logins import logins, secrets_in, secrets_of, without_login
from core.scrub.scrubber import Scrubber, mask, scrub

__all__ = [
    "KnownSecrets",
    "Scrubber",
    "logins",
    "mask",
    "scrub",
    "secrets_in",
    "secrets_of",
    "without_login",
]
