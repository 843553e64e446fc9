"""What a model asks for: the libraries and the Python of its environment file, line by line."""

from workers.gate.requirements.asked import Asked
from workers.gate.requirements.read import READS, Wanted, read

__all__ = ["READS", "Asked", "Wanted", "read"]
