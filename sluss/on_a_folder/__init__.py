"""What `sluss check PATH` does with a folder that was not pushed."""
