"""MongoDB: the room log, people and everything else that is kept."""
