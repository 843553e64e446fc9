"""The folder of a start: its files, its settings, and how a first start fills it."""
