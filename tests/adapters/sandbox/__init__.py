"""Tests of the sandbox, at every level of isolation that this machine allows."""
