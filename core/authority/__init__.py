"""Who may decide what, and why not."""
