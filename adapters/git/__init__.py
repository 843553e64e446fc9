"""What the hosts of git share: running the git command, and reading commits by it."""
