"""A private MongoDB for whoever has none: its program, its supervisor, and the way to both."""
