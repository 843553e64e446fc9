"""What a model asks for: the libraries and the Python of its environment file, line by line."""

from workers.gate.requirements.asked import AskedLibrary
from workers.gate.requirements.read import READS, WantedLibraries, read

__all__ = ["READS", "AskedLibrary", "WantedLibraries", "read"]
