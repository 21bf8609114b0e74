"""Consent forms over HTTP: `calls.py` is their part of the contract."""
