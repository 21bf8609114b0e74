"""The FAQ desk over HTTP: `calls.py` is its part of the contract."""
