"""Copies a whole Opsgenie account into a folder."""
