"""One digest over an artifact's files: what the registry notes and what a run loads must agree."""
