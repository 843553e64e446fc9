"""Runs inside the model's own environment: stdlib, mlflow, what the model brings; nothing of ours.

A run carries a copy of this folder under the name ``sluss_harness``; hence the relative imports.
"""
