"""The undocumented sort by change, which is used only if the answers prove it."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from airbyte_cdk.models import SyncMode

from source_opsgenie.config import Config
from source_opsgenie.jsm.catalog import all_streams
from source_opsgenie.jsm.context import context_of
from unit_tests.simulated import NOW, millis, text

if TYPE_CHECKING:
    import requests
    import requests_mock

SITE, GATEWAY = "https://acme.atlassian.net", "https://api.atlassian.com"
ALERTS = f"{GATEWAY}/jsm/ops/api/cloud/v1/alerts"
CONFIG = {"api_token": "ATATT3xFfGF0invented", "jira_service_management": {"site": "acme", "email": "me@acme.com"}}
MINUTE = 60_000

Row = dict[str, Any]


pytestmark = pytest.mark.usefixtures("hurried_site")


class Busy:
    """Alerts of which one more is created before each call; none changes but those that a test changes."""

    def __init__(self, *, heeds_sort: bool, created_a_call: int) -> None:
        self.heeds_sort, self.created_a_call = heeds_sort, created_a_call
        self.now = NOW
        self.rows: list[Row] = []
        for _ in range(250):
            self.create()

    def create(self) -> None:
        """Create an alert."""
        self.now += MINUTE
        moment = text(self.now)
        self.rows.append({"id": f"a{len(self.rows)}", "createdAt": moment, "updatedAt": moment, "status": "open"})

    def answer(self, request: requests.PreparedRequest, _: object) -> Row:
        """Answer a page of the list."""
        for _ in range(self.created_a_call):
            self.create()
        asked = {name: values[0] for name, values in parse_qs(urlsplit(request.url or "").query).items()}
        by = asked.get("sort", "createdAt")
        by = "createdAt" if by == "updatedAt" and not self.heeds_sort else by
        rows = self.rows
        for sign, bound in re.findall(r"createdAt (>=|<) (\d+)", asked.get("query", "")):
            rows = [row for row in rows if (millis(row["createdAt"]) >= int(bound)) is (sign == ">=")]
        rows = sorted(rows, key=lambda row: millis(row[by]), reverse=asked.get("order", "desc") == "desc")
        begin, size = int(asked.get("offset", "0")), int(asked["size"])
        following = begin + size
        links = {"next": f"/v1/alerts?offset={following}"} if following < len(rows) else {}
        return {"values": rows[begin:following], "links": links, "count": len(rows)}


@pytest.mark.parametrize("created_a_call", [0, 1, 3])
@pytest.mark.parametrize("heeds_sort", [True, False])
def test_an_old_alert_that_changed_comes_whatever_is_created_meanwhile(
    heeds_sort: bool, created_a_call: int, requests_mock: requests_mock.Mocker
) -> None:
    account = Busy(heeds_sort=heeds_sort, created_a_call=created_a_call)
    requests_mock.get(f"{SITE}/_edge/tenant_info", json={"cloudId": "cloud"})
    asked = requests_mock.get(ALERTS, json=account.answer)
    context = context_of(Config.parse(CONFIG), threading.Event())
    (alerts,) = [stream for stream in all_streams(context) if stream.name == "alerts"]
    alerts.state = {"updatedAt": text(account.now - 10 * MINUTE)}
    account.rows[3] |= {"status": "closed", "updatedAt": text(account.now)}
    found = [row["id"] for row in alerts.read_records(SyncMode.incremental) if isinstance(row, dict)]
    assert "a3" in found
    assert len(found) < 60
    assert (asked.call_count < 7) is heeds_sort
