"""Fixtures of the tests of notices."""

from tests.support.database import core, mongo, office, shared_database

__all__ = ["core", "mongo", "office", "shared_database"]
