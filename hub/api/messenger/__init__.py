"""The messenger over HTTP: rooms, members, search, files, talk hours."""
