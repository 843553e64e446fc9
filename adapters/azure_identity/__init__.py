"""The identity that Sluss signs in with: one for every system that takes tokens of Entra ID."""

from adapters.azure_identity.identity import IdentitySettings, OneIdentity, build

__all__ = ["IdentitySettings", "OneIdentity", "build"]
