"""Copies a whole Opsgenie account into one folder, to be kept."""
