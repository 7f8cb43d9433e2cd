"""Makes the calls, whatever the API: signing, rate limits, retries, paging and errors."""
