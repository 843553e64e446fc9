"""Queues of Azure Service Bus."""
