"""How to talk to Opsgenie: hosts, key, limits, errors, paging. Knows no stream."""
