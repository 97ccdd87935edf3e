"""One module per activity received."""
