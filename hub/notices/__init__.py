"""Notices in the hub: wired, scheduled, told live over the bus, and delivered."""
