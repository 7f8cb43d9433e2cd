"""The connector at work in one command."""
