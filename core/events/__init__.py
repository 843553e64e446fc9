"""Everything that happens is an event: a frozen record in the past tense.

Attributes carry the CloudEvents names. Ids are natural: what comes a second time has the same one.
Fields are only ever added, with defaults: tests/payloads/events holds one golden file per kind that
decodes for ever.
"""
