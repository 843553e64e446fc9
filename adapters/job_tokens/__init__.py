"""Tokens of jobs of Azure Pipelines, sealed before they are kept."""
