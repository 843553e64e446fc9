"""The process that starts one process of the sandbox, watches it, and ends all that it started.

It uses the standard library alone and starts in a few milliseconds.
"""
