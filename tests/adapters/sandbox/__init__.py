"""The sandbox on every level that this machine has."""
