"""The edge and the wiring: wire protocol, fan-out, HTTP API, pages, server, command line."""
