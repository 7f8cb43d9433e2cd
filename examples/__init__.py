"""Examples of how to use the connector."""
