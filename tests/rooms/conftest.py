"""Fixtures of the tests of the rules."""

from tests.support.database import core, mongo, office, shared_database

__all__ = ["core", "mongo", "office", "shared_database"]
