"""Consent forms in MongoDB: ledgers, current answers, files."""
