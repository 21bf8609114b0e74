"""The FAQ's rules and stores, wired, and the processes that read uploaded files of it."""
