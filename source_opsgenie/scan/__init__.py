"""Scans that read a list completely, whatever happens to its rows meanwhile. Pure: nothing here knows HTTP."""
