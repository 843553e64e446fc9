"""Evidence, people, variable groups, conversations and secrets as files of one machine."""
