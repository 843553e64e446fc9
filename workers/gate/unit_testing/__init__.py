"""Starts a repository's tests for the check ``unit_tests``, and reads how they ended."""
