"""The gate runs every check on a commit, the quick ones first, each in a suitable process.

Nothing is imported here: its child process must start fast.
"""
