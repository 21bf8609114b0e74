"""Rosters: files of units, people and guardianships brought in, so that the rooms follow them."""
