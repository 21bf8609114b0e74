"""People and their sign-ins over HTTP."""
