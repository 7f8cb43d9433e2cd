"""Opsgenie's API: its hosts, its words, its limits and its streams."""
