"""The streams of Opsgenie, by object."""
