"""One thread that writes for everybody, and commits together what waits together."""
