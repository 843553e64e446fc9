"""The process that starts one process of the sandbox, watches it, and ends all that it started.

Starting it is most of what a short run costs, so it imports little: without ``typing``,
``pathlib``, ``json`` and ``signal`` it takes half as long.
"""
