"""Knows the libraries of each runtime, and where a model's requirements exclude them."""
