"""The state of a model and its releases, and the fold that makes it from events."""
