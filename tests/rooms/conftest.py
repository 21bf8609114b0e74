"""Fixtures of the tests of the rules."""

from tests.support.database import core, mongo, office, shared_database
from tests.support.emptied import emptied_database, kept_database

__all__ = ["core", "emptied_database", "kept_database", "mongo", "office", "shared_database"]
