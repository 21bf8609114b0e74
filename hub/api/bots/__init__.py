"""The chatbot over HTTP, hand-offs too: `calls.py` and `handoff_calls.py` belong to the contract."""
