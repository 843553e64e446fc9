"""Looks at outside systems again and again, since their hints may be lost."""
