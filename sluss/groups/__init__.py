"""Groups of commands, each a typer of its own; like the door they import their code when called."""
