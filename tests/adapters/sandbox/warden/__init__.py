"""The process that watches: what it counts."""
