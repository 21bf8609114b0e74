"""The chatbots in MongoDB: conversations and hand-offs."""
