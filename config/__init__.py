"""Settings and logging: what a process is told before it starts."""
