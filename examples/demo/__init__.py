"""A demonstration of the connector in one command."""
