"""Finds secrets in files: detect-secrets' interface, hashes and baseline, with our own rules."""
