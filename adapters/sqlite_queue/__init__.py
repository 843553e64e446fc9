"""Queues of one machine, each in a SQLite file."""
