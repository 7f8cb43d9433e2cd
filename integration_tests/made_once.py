"""Imports for the fork servers: the connector, with what each of its processes makes once, such as the schemas."""

from __future__ import annotations

from source_opsgenie.config import Config
from source_opsgenie.jsm import catalog as jsm
from source_opsgenie.opsgenie import catalog as opsgenie
from source_opsgenie.records.base import json_schema

for kind in (*opsgenie.STREAMS, *jsm.STREAMS):
    json_schema(kind.record)
Config.specification()
