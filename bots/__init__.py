"""The FAQ chatbot: retrieval, answering and hand-off, in a process of its own."""
