"""What a model asks for: the libraries and the Python of its environment file, line by line."""

from workers.requirements.asked import Asked
from workers.requirements.read import READS, Wanted, read

__all__ = ["READS", "Asked", "Wanted", "read"]
