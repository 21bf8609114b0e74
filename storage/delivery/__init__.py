"""The outbox in MongoDB, and where what is in it goes."""
