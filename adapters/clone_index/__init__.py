"""Which code the repositories have, as fingerprints in a file."""
