"""Consent forms in the hub: wired, and what they become on paper and in tables."""
