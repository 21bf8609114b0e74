"""What several processes share over Redis: the bus, presence, rate limits."""
