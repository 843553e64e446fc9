"""What looks at the world again, since hints may be lost."""
