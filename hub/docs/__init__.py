"""The descriptions of our interfaces for machines: AsyncAPI for the wire, OpenAPI for HTTP."""
