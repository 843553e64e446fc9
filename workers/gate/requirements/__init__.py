"""Reads what a model's environment file asks for, line by line: libraries and a Python version."""

from workers.gate.requirements.asked import AskedLibrary
from workers.gate.requirements.read import READS, WantedLibraries, read

__all__ = ["READS", "AskedLibrary", "WantedLibraries", "read"]
