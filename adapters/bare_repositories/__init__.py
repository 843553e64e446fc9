"""The git host of one machine: bare repositories, and the hook that sends their pushes."""
