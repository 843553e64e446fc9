"""Microsoft Teams: activities come in, cards go out, and conversations are reached again."""
