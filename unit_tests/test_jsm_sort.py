"""The undocumented sort by change, which is used only if the answers prove it."""

from __future__ import annotations

import logging
import re
import threading
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import requests_mock
from airbyte_cdk.models import SyncMode

from source_opsgenie.config import Config
from source_opsgenie.http.errors import ApiError
from source_opsgenie.jsm.catalog import create_streams
from source_opsgenie.jsm.context import context_of
from unit_tests.jsm_streams import CONFIG, GATEWAY, SITE
from unit_tests.simulated import NOW, millis, text

ALERTS = f"{GATEWAY}/jsm/ops/api/cloud/v1/alerts"
MINUTE = 60_000

Row = dict[str, Any]


pytestmark = pytest.mark.usefixtures("hurried_site")


class Busy:
    """Alerts of which one more is created before each call; none changes but those that a test changes.

    Alerts of one time come in one order or the other, by turns.
    """

    def __init__(self, *, heeds_sort: bool, created_a_call: int) -> None:
        self.heeds_sort, self.created_a_call = heeds_sort, created_a_call
        self.sorts_by = "updatedAt"  # where the sort by change is heeded
        self.default = "createdAt"  # the sort of a list for which none is asked
        self.sort_status = 200  # of the answer to a sort by change
        self.now = NOW
        self.rows: list[Row] = []
        self.calls = 0
        for _ in range(250):
            self.create()

    def create(self) -> None:
        """Create an alert."""
        self.now += MINUTE
        moment = text(self.now)
        self.rows.append({"id": f"a{len(self.rows)}", "createdAt": moment, "updatedAt": moment, "status": "open"})

    def answer(self, request: requests.PreparedRequest, context: Any) -> Row:
        """Answer a page of the list."""
        for _ in range(self.created_a_call):
            self.create()
        asked = {name: values[0] for name, values in parse_qs(urlsplit(request.url or "").query).items()}
        by = asked.get("sort", self.default)
        if by == "updatedAt":
            context.status_code = self.sort_status
            by = self.sorts_by if self.heeds_sort else "createdAt"
        rows = self.rows
        for sign, bound in re.findall(r"createdAt (>=|<) (\d+)", asked.get("query", "")):
            rows = [row for row in rows if (millis(row["createdAt"]) >= int(bound)) is (sign == ">=")]
        self.calls += 1
        rows = rows[:: -1 if self.calls % 2 else 1]  # the sort below keeps the order of equal times
        rows = sorted(rows, key=lambda row: millis(row[by]), reverse=asked.get("order", "desc") == "desc")
        begin, size = int(asked.get("offset", "0")), int(asked["size"])
        following = begin + size
        links = {"next": f"/v1/alerts?offset={following}"} if following < len(rows) else {}
        return {"values": rows[begin:following], "links": links, "count": len(rows)}


def changed_in(account: Busy, requests_mock: requests_mock.Mocker) -> tuple[list[str], int]:
    """Return the alerts that an incremental sync reads, and the calls that it makes for them."""
    requests_mock.get(f"{SITE}/_edge/tenant_info", json={"cloudId": "cloud"})
    asked = requests_mock.get(ALERTS, json=account.answer)
    context = context_of(Config.parse(CONFIG), threading.Event())
    (alerts,) = [stream for stream in create_streams(context) if stream.name == "alerts"]
    alerts.state = {"updatedAt": text(account.now - 10 * MINUTE)}
    found = [row["id"] for row in alerts.read_records(SyncMode.incremental) if isinstance(row, dict)]
    return found, asked.call_count


@pytest.mark.parametrize("created_a_call", [0, 1, 3])
@pytest.mark.parametrize("heeds_sort", [True, False])
def test_an_old_alert_that_changed_comes_whatever_is_created_meanwhile(
    heeds_sort: bool, created_a_call: int, requests_mock: requests_mock.Mocker
) -> None:
    account = Busy(heeds_sort=heeds_sort, created_a_call=created_a_call)
    account.rows[3] |= {"status": "closed", "updatedAt": text(account.now)}
    found, calls = changed_in(account, requests_mock)
    assert "a3" in found
    assert len(found) < 60
    assert (calls < 8) is heeds_sort


@pytest.mark.parametrize("twin", [-5, -100, -101])
def test_alerts_of_one_time_that_swap_places_prove_no_sort(twin: int, requests_mock: requests_mock.Mocker) -> None:
    account = Busy(heeds_sort=False, created_a_call=0)
    moment = account.rows[twin]["createdAt"]
    account.rows[twin - 1] |= {"createdAt": moment, "updatedAt": moment}
    account.rows[3] |= {"status": "closed", "updatedAt": text(account.now)}
    found, _ = changed_in(account, requests_mock)
    assert "a3" in found


@pytest.mark.parametrize(("sorts_by", "swapped"), [("createdAt", "insertedAt"), ("insertedAt", "createdAt")])
def test_a_sort_that_falls_back_to_another_order_is_not_taken_for_one_by_change(
    sorts_by: str, swapped: str, requests_mock: requests_mock.Mocker
) -> None:
    """It is that of creation, or the default one, in which the newest alerts are sorted by change by chance."""
    account = Busy(heeds_sort=True, created_a_call=0)
    account.sorts_by, account.default = sorts_by, "insertedAt"
    for row in account.rows:
        row["insertedAt"] = row["createdAt"]
    account.rows[-5][swapped], account.rows[-6][swapped] = (account.rows[at]["createdAt"] for at in (-6, -5))
    account.rows[3] |= {"status": "closed", "updatedAt": text(account.now)}
    found, _ = changed_in(account, requests_mock)
    assert "a3" in found


@pytest.mark.parametrize("changed", [range(3, 40), range(3, 103), range(3, 140)])
def test_a_page_of_old_alerts_that_changed_proves_the_sort(changed: range, requests_mock: requests_mock.Mocker) -> None:
    account = Busy(heeds_sort=True, created_a_call=0)
    for index in changed:
        account.rows[index]["updatedAt"] = text(account.now - 5 * MINUTE - index)
    found, calls = changed_in(account, requests_mock)
    assert {f"a{index}" for index in changed} <= {*found}
    assert calls < 9


def test_a_page_in_an_order_that_is_neither_that_of_changes_nor_the_default_proves_no_sort(
    requests_mock: requests_mock.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    account = Busy(heeds_sort=True, created_a_call=0)
    account.sorts_by = "rank"
    for index, row in enumerate(account.rows):
        row["rank"] = text(NOW + 7919 * index % 1009)
    for index in range(3, 40):
        account.rows[index]["updatedAt"] = text(account.now - 5 * MINUTE - index)
    with caplog.at_level(logging.WARNING, "airbyte"):
        found, _ = changed_in(account, requests_mock)
    assert {f"a{index}" for index in range(3, 40)} <= {*found}
    assert caplog.text == ""  # it is not even tried


@pytest.mark.parametrize("status", [400, 403, 422, 500, 503])
def test_a_sort_that_is_never_answered_costs_no_change(status: int, requests_mock: requests_mock.Mocker) -> None:
    account = Busy(heeds_sort=True, created_a_call=0)
    account.sort_status = status
    requests_mock.get(f"{GATEWAY}/jsm/ops/api/cloud/v1/schedules", json={"values": []})
    account.rows[3] |= {"status": "closed", "updatedAt": text(account.now)}
    found, _ = changed_in(account, requests_mock)
    assert "a3" in found
    assert len(found) < 60


def test_a_list_that_is_not_answered_either_is_an_error(requests_mock: requests_mock.Mocker) -> None:
    account = Busy(heeds_sort=True, created_a_call=0)
    requests_mock.get(f"{GATEWAY}/jsm/ops/api/cloud/v1/schedules", status_code=503)
    pages = iter(range(1, 1000))

    def answer(request: requests.PreparedRequest, context: Any) -> Row:
        context.status_code = 200 if next(pages) < 3 else 503
        return account.answer(request, context) if context.status_code == 200 else {}

    requests_mock.get(f"{SITE}/_edge/tenant_info", json={"cloudId": "cloud"})
    requests_mock.get(ALERTS, json=answer)
    context = context_of(Config.parse(CONFIG), threading.Event())
    (alerts,) = [stream for stream in create_streams(context) if stream.name == "alerts"]
    alerts.state = {"updatedAt": text(account.now - 10 * MINUTE)}
    with pytest.raises(ApiError, match="HTTP 503"):
        list(alerts.read_records(SyncMode.incremental))
