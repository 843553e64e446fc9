"""Blocking clients of outside systems: run in bounded threads, their answers read within bounds."""
