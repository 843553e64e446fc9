"""The words and rules of the gate: what a check is, what it may know, what it finds."""
