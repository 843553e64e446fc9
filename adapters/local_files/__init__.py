"""Evidence, people, variable groups and secrets as files of one machine."""
