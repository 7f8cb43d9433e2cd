"""Opsgenie's API: its hosts, words, limits and streams."""
