"""Daphne with a hub's own ways of taking in and writing out bytes."""
