"""Syncs each Opsgenie account by its connection in Airbyte, once an hour.

Needs the package apache-airflow-providers-airbyte, an Airflow connection `airbyte_default` that leads to Airbyte's API,
and an Airflow variable for each account, `opsgenie_<account>`, that holds the id of its connection in Airbyte.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from airflow.providers.airbyte.operators.airbyte import AirbyteTriggerSyncOperator
from airflow.sdk import DAG

ACCOUNTS = ("payments", "europe")

# A first sync of a large account takes days; the operator's own default is an hour.
LONGEST_SYNC = timedelta(days=7)

with DAG(
    "opsgenie",
    description="Copies Opsgenie accounts into the warehouse.",
    schedule=timedelta(hours=1),
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,  # a sync of the same connection must not be asked for twice
) as dag:
    for account in ACCOUNTS:
        AirbyteTriggerSyncOperator(
            task_id=f"sync_{account}",
            connection_id=f"{{{{ var.value.opsgenie_{account} }}}}",
            airbyte_conn_id="airbyte_default",
            deferrable=True,  # a task that waits takes no worker
            timeout=LONGEST_SYNC.total_seconds(),
        )
