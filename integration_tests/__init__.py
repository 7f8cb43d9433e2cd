"""The real connector process against a local server that behaves like Opsgenie."""
