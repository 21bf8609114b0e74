"""The FAQ: what the chatbot may say, to whom, and who keeps it."""
