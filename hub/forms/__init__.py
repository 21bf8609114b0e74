"""What forms become on paper and in tables: exports and certificates."""
