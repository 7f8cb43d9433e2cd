"""The report on an account: a single HTML file with charts, which needs no network."""
