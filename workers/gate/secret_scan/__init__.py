"""Finds secrets in the text of files; detect-secrets' interface, hashes and baseline, our rules."""
