"""The HTTP API: `contract.py` is its table of calls, `make_app` makes the application of it."""

from hub.api.app import make_app

__all__ = ["make_app"]
