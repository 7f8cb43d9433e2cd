"""One page that shows what an account's copy tells: a single HTML file, which needs no network to be opened."""
