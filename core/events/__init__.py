"""Everything that happens is an event: a frozen record in the past tense.

Attributes carry the CloudEvents names. Ids are natural: the same for a webhook, a redelivery and
the reconciler. Fields are only ever added, with defaults: tests/payloads/events holds one golden
file per kind that decodes for ever.
"""
