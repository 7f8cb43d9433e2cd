"""Each small part by itself: no network, no sleeping."""
