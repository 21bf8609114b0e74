"""Daphne as a hub needs it: how bytes of sockets and of requests come in, and how answers flow."""
