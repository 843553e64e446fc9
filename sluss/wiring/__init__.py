"""Everything is built once here, and handed to who needs it."""
