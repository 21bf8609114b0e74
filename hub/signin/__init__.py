"""Signing in: passwords, tokens, sessions, OpenID Connect, and how often it may fail."""
