"""Reads a README's Markdown for the check ``readme``, and finds the topics that it covers."""
