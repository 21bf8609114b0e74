"""Rooms and their logs, files, and looking through them, in MongoDB."""
