"""JSM's rows translated into the connector's: one pure function a table, which knows no HTTP and no streams.

A row keeps Opsgenie's column names and types wherever the meaning is the same. What only JSM has is added under JSM's
own name, and nothing received is dropped: a field whose new name is taken keeps its old one. A value of an unexpected
type passes as received; no function raises an exception for it. Columns that name the parent (`alert_id`, `team_id`)
are added by the streams, as for Opsgenie. Tables without a function here take JSM's rows as they are.
"""
