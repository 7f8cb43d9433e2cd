"""The streams of an account that has moved to JSM Operations; each test gives the answers of the site itself."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from source_opsgenie.config import Config
from source_opsgenie.jsm.catalog import create_streams
from source_opsgenie.jsm.context import context_of
from source_opsgenie.streams.base import ApiStream

SITE, GATEWAY = "https://acme.atlassian.net", "https://api.atlassian.com"
OPERATIONS = f"{GATEWAY}/jsm/ops/api/cloud/v1"
CONFIG: dict[str, Any] = {
    "api_token": "ATATT3xFfGF0invented",
    "jira_service_management": {"site": "acme", "email": "me@acme.com"},
}


def jsm_streams(config: Mapping[str, Any] = CONFIG) -> dict[str, ApiStream]:
    """Return all streams by name, as those of one sync. No call is made yet."""
    return {stream.name: stream for stream in create_streams(context_of(Config.parse(config), threading.Event()))}
