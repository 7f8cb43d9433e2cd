"""How one call is made, whatever the API."""
