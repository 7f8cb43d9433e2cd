"""Examples of what can be done with the connector."""
