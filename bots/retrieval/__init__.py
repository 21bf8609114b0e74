"""Finding entries for a question: the indexes, their fusion and ranking, and how sure the outcome is."""
