"""Triggers the Airbyte connection of each Opsgenie account once an hour.

This needs the package apache-airflow-providers-airbyte, an Airflow connection `airbyte_default` to Airbyte's API, and
for each account an Airflow variable `opsgenie_<account>` with the id of its connection in Airbyte.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from airflow.providers.airbyte.operators.airbyte import AirbyteTriggerSyncOperator
from airflow.sdk import DAG

ACCOUNTS = ("payments", "europe")

# A first sync of a large account takes days. The operator's default is an hour.
LONGEST_SYNC = timedelta(days=7)

with DAG(
    "opsgenie",
    description="Copies Opsgenie accounts into the warehouse.",
    schedule=timedelta(hours=1),
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,  # a connection must not be triggered while it is still syncing
) as dag:
    for account in ACCOUNTS:
        AirbyteTriggerSyncOperator(
            task_id=f"sync_{account}",
            connection_id=f"{{{{ var.value.opsgenie_{account} }}}}",
            airbyte_conn_id="airbyte_default",
            deferrable=True,  # a waiting task occupies no worker
            timeout=LONGEST_SYNC.total_seconds(),
        )
