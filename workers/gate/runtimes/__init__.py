"""Which libraries a runtime brings, and what a model's requirements have against it."""
