"""Calls, wall, CPU and memory of the connector's process against the sandbox."""
