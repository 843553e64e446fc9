"""The warden: a process that starts one program of the sandbox, watches it, and ends all of it.

Starting a warden is most of what a short run costs, so it imports little: without ``typing``,
``pathlib``, ``json`` and ``signal`` it takes half as long.
"""
