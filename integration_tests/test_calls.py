"""Few calls: nothing is asked twice, no page is behind the end, and each is as large as the API gives it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qsl, urlencode, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from integration_tests.connector import Connector
from integration_tests.sandbox.client import Sandbox
from source_opsgenie.opsgenie.catalog import STREAMS
from source_opsgenie.streams.catalog import name_of
from source_opsgenie.streams.history import HistoryStream
from source_opsgenie.streams.history_sub_stream import HistorySubStream

ALERTS, INCIDENTS, PAGE = 450, 150, 100
REQUESTS_KEPT = 10_000

# Too many to be kept: each child stream reads them again.
WALKED = {"/v2/alerts", "/v2/alerts/count", "/v1/incidents"}
# Asked before the streams are, too: what the limits are, and whose account it is.
ASKED_BEFORE = {"/v2/request-limits/", "/v2/account"}
# Each page of these leads to another, so only an empty one is the end.
ENDLESS = re.compile(r"/v2/teams/[^/]+/logs")
# The part of a path that tells the list of one parent from that of another.
AN_ID = re.compile(r"/[0-9a-f-]{19,}[^/]*")
UNPROCESSABLE = 422

_open = build_opener(ProxyHandler({})).open


class Synced:
    """An account of which every stream was read, and what was asked for that."""

    def __init__(self, account: Sandbox, connector: Connector) -> None:
        self.account = account
        streams = connector.catalog().values()
        account.reset_stats()
        self.outcome = connector.read(streams)
        self.stats = account.stats()
        self.calls: dict[str, int] = self.stats["calls"]
        self.requests = account.requests(REQUESTS_KEPT)

    def ask(self, request: str) -> tuple[int, int]:
        """Ask as the connector did, and give the status and the number of rows."""
        signed = {"Authorization": f"GenieKey {self.account.key()}"}
        try:
            with _open(Request(self.account.url + request, headers=signed)) as answer:  # noqa: S310 - our own server
                data: Any = json.load(answer)["data"]
        except HTTPError as error:
            with error:
                return error.code, 0
        lists = [data] if isinstance(data, list) else [each for each in data.values() if isinstance(each, list)]
        return 200, sum(map(len, lists))


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synced]:
    with Sandbox("small", seed=1, alerts=ALERTS, incidents=INCIDENTS, settings={"oversize": "refuse"}) as account:
        config = {"api_token": account.key(), "endpoint": account.url}
        yield Synced(account, Connector(tmp_path_factory.mktemp("synced"), config))


def path(request: str) -> str:
    return request.partition("?")[0]


def query(request: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(request).query))


pytestmark = pytest.mark.xdist_group("synced")


def test_a_full_sync_does_nothing_that_a_careful_client_would_not(synced: Synced) -> None:
    assert synced.outcome.code == 0, synced.outcome.errors
    assert synced.stats["violations"] == []
    assert len(synced.requests) == synced.stats["total"]


def test_nothing_is_asked_twice(synced: Synced) -> None:
    asked = Counter(request for request in synced.requests if path(request) not in WALKED | ASKED_BEFORE)
    assert [request for request, times in asked.items() if times > 1] == []
    assert {request: synced.calls[request] for request in ASKED_BEFORE if synced.calls[request] > 2} == {}


def test_what_a_row_above_holds_is_not_asked_for(synced: Synced) -> None:
    assert "/v2/users/{userId}/notification-rules/{ruleId}/steps" not in synced.calls
    assert "/v2/schedules/{scheduleId}/rotations" not in synced.calls


@pytest.mark.parametrize(
    ("kind", "rows", "endpoints"),
    [("alert", ALERTS, ("/v2/alerts", "/v2/alerts/count")), ("incident", INCIDENTS, ("/v1/incidents",))],
)
def test_a_history_is_read_once_for_each_stream(
    kind: str, rows: int, endpoints: tuple[str, ...], synced: Synced
) -> None:
    histories = {name_of(each) for each in STREAMS if issubclass(each, HistoryStream | HistorySubStream)}
    streams = [name for name in histories if name.startswith(kind)]
    pages, asking_for_the_newest = -(-rows // PAGE), 1
    counts = 3  # before and after the list itself was read, and for the next sync
    assert sum(synced.calls[endpoint] for endpoint in endpoints) == (
        len(streams) * (pages + asking_for_the_newest) + counts
    )


def test_no_page_is_asked_for_behind_the_end(synced: Synced) -> None:
    further = [each for each in synced.requests if "offset" in query(each) and not ENDLESS.match(each)]
    assert further
    assert [each for each in further if synced.ask(each)[1] == 0] == []


def test_pages_are_as_large_as_the_api_gives_them(synced: Synced) -> None:
    largest: dict[str, str] = {}
    for request in synced.requests:
        if "limit" in query(request):
            kind = AN_ID.sub("/{}", path(request))
            largest[kind] = max(request, largest.get(kind, request), key=lambda each: int(query(each)["limit"]))
    assert largest
    for request in largest.values():
        one_more = urlencode({**query(request), "limit": int(query(request)["limit"]) + 1})
        assert synced.ask(request)[0] == 200
        assert synced.ask(f"{path(request)}?{one_more}")[0] == UNPROCESSABLE, request


def test_a_later_sync_lists_the_incidents_once_for_themselves_and_once_for_all_below_them(
    own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]
) -> None:
    account = own_sandbox(alerts=10, incidents=INCIDENTS)
    connector = connect(account)
    streams = [stream for name, stream in connector.catalog().items() if name.startswith("incident")]
    first = connector.read(streams, "incremental")
    account.reset_stats()
    later = connector.read(streams, "incremental", first.last_states)
    assert later.code == 0, later.errors
    pages, asking_for_the_newest, counts = 2, 1, 2  # of those before the last sync, and before this one
    asked = Counter(query(each)["limit"] for each in account.requests(REQUESTS_KEPT) if path(each) == "/v1/incidents")
    assert asked[str(PAGE)] == 2 * (pages + asking_for_the_newest)
    assert asked["1"] <= counts
