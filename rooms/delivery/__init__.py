"""Delivery: what reaches people who have no page open, over which channel and when."""
