"""How a sync runs: a lane for each rate limit, calls made ahead, and reports on the progress."""
