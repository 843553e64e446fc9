"""The home, a folder: its files, the settings in them, and how a first start fills it."""
