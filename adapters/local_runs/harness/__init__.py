"""The harness: it runs a step in the model's environment, and imports only stdlib and MLflow.

A run carries a copy of this folder under the name ``sluss_harness``; hence the relative imports.
"""
