"""The streams of JSM Operations, by object: the same tables as Opsgenie's."""
