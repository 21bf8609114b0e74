"""The FAQ in MongoDB: entries, desks, documents, and what was asked."""
