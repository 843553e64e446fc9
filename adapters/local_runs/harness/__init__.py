"""The harness: it runs a step in the model's environment, and imports the standard library alone.

It is carried under the name ``sluss_harness`` to where it runs; hence the relative imports.
"""
