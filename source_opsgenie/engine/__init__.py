"""How a sync runs: side by side by rate limit, ahead by a few calls, and with a word now and then."""
