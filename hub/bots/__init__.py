"""The hub's side of the chatbot: the way to its process, who may ask, and how it speaks in the messenger."""
