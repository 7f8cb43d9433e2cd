"""Defines an asset for every table that Airbyte's Opsgenie connections fill, and refreshes them once an hour.

This needs the package dagster-airbyte, and Airbyte's addresses and credentials in the environment. Connections are
selected by name: those of `examples/terraform` begin with "opsgenie".
"""

from __future__ import annotations

import dagster as dg
from dagster_airbyte import AirbyteWorkspace, build_airbyte_assets_definitions

PREFIX = "opsgenie"

airbyte = AirbyteWorkspace(
    rest_api_base_url=dg.EnvVar("AIRBYTE_REST_API_BASE_URL"),  # https://airbyte.example.com/api/public/v1
    configuration_api_base_url=dg.EnvVar("AIRBYTE_CONFIGURATION_API_BASE_URL"),  # https://airbyte.example.com/api/v1
    workspace_id=dg.EnvVar("AIRBYTE_WORKSPACE_ID"),
    client_id=dg.EnvVar("AIRBYTE_CLIENT_ID"),
    client_secret=dg.EnvVar("AIRBYTE_CLIENT_SECRET"),
    poll_interval=60,
)

tables = build_airbyte_assets_definitions(
    workspace=airbyte,
    connection_selector_fn=lambda connection: connection.name.startswith(PREFIX),
)

hourly = dg.ScheduleDefinition(
    name="opsgenie_hourly",
    cron_schedule="15 * * * *",
    target=dg.AssetSelection.assets(*tables),
)

defs = dg.Definitions(assets=tables, schedules=[hourly], resources={"airbyte": airbyte})
