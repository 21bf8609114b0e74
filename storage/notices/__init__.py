"""Notices and their recipients in MongoDB."""
