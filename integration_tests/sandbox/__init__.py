"""A local server that behaves like api.opsgenie.com for a synthetic account, and like JSM Operations when it moved."""
