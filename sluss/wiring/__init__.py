"""Builds all parts once and hands them to the code that needs them."""
