"""Readers and rules that several checks of the contract with a model repository share."""
