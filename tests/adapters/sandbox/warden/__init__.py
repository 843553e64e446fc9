"""Tests of what the warden counts, the process that watches a run."""
