"""A local server that behaves like api.opsgenie.com for a synthetic account."""
