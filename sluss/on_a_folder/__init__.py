"""What `sluss check PATH` does with a folder that nobody has pushed."""
