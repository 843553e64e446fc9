"""The gate: every check of a commit, the quick answers first, each in a process of its own kind.

Nothing is imported here: its child process must start fast.
"""
