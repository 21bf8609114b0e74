"""Measuring how well entries are found, and learning weights from questions whose answers are known."""
