"""Evidence, people and secrets as files of one machine."""
