"""Scans that read a list completely, whatever happens to its rows meanwhile. Nothing here knows HTTP."""
