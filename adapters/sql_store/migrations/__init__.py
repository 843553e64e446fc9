"""The tables' history; alembic runs what a database has not seen yet."""
