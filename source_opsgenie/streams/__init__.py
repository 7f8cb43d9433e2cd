"""The bases of all streams, whatever the API."""
