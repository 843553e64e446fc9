"""The clone index: fingerprints of the code that the repositories have, in a file."""
