"""The domain: people, rooms, messages and the rules between them. No I/O of its own."""
