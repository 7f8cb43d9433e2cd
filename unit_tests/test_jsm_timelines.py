"""The timelines of a year, of which JSM shows less while a sync goes on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import requests
import requests_mock
from airbyte_cdk.models import SyncMode

from source_opsgenie.http.errors import ApiError
from source_opsgenie.streams.base import ApiStream
from unit_tests.jsm_streams import CONFIG, OPERATIONS, SITE, jsm_streams
from unit_tests.random_site import CONFIG as SITE_CONFIG
from unit_tests.random_site import RandomSite
from unit_tests.simulated import DAY, HOUR, NOW, Sync, millis, state_message, text

YEAR = 365 * 24 * HOUR
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

LAYERS = ("base", "override", "forwarding")

Row = dict[str, Any]


pytestmark = pytest.mark.usefixtures("hurried_site")


class Site:
    """A site with one schedule, who has a period of a day at the beginning of each month."""

    def __init__(self, now: str) -> None:
        self.now = millis(now)
        self.asked: list[str] = []
        self.forms: list[str] = []  # of `expand`, by call
        self.layers: dict[str, tuple[str, ...]] = {
            "repeated": LAYERS,
            "commas": LAYERS,
        }  # of an answer; none if the form is refused
        self.expands: tuple[str, ...] | None = LAYERS  # what an answer says that it has expanded
        self.rotations = ["r"]
        self.refused_month = ""
        self.refused_with = 400
        self.broken_form = ""
        self.tells_time = True

    def answer(self, request: requests.PreparedRequest, context: Any) -> Row:
        """Answer any call."""
        if self.tells_time:
            moment = EPOCH + timedelta(milliseconds=self.now)
            context.headers["Date"] = moment.strftime("%a, %d %b %Y %H:%M:%S GMT")
        path, query = (request.path_url or "").partition("?")[::2]
        if path.endswith("/schedules"):
            return {"values": [{"id": "s", "name": "S", "rotations": []}]}
        if path.endswith("/timeline"):
            asked: dict[str, list[str]] = request.qs  # type: ignore[attr-defined]
            return self._timeline(
                asked["date"][0].upper(), "commas" if len(asked["expand"]) == 1 else "repeated", context
            )
        known: Row = {"/_edge/tenant_info": {"cloudId": "cloud"}, "/v1/teams": {"platformTeams": []}}
        return next((body for end, body in known.items() if path.endswith(end)), {"values": [], "asked": query})

    def _timeline(self, date: str, form: str, context: Any) -> Row:
        if millis(date) < self.now - YEAR:
            context.status_code = 422
            return {"errors": [{"title": "date may be one year back at most"}]}
        self.asked.append(date[:7])
        self.forms.append(form)
        if form == self.broken_form:
            context.status_code = 500
            return {}
        if not self.layers[form]:
            context.status_code = 400
            return {"errors": [{"title": "expand is not one of base, override, forwarding"}]}
        if date.startswith(self.refused_month or "never"):
            context.status_code = self.refused_with
            return {"errors": [{"title": "date is not valid"}]}
        begin = datetime.fromisoformat(f"{date[:7]}-01T00:00:00+00:00")
        end = (begin + timedelta(days=32)).replace(day=1)
        period = {"startDate": begin.isoformat(), "endDate": (begin + timedelta(days=1)).isoformat(), "type": "base"}
        layer = {"rotations": [{"id": each, "periods": [period]} for each in self.rotations]}
        layers = {f"{name}Timeline": layer for name in ("final", *self.layers[form])}
        return {"startDate": begin.isoformat(), "endDate": end.isoformat(), "_expands": self.expands, **layers}


def served(site: Site, requests_mock: requests_mock.Mocker) -> Site:
    """Make a site answer all calls."""
    requests_mock.get(f"{SITE}/rest/api/3/users/search", json=[])
    requests_mock.get(re.compile(re.escape(OPERATIONS)), json=site.answer)
    requests_mock.get(f"{SITE}/_edge/tenant_info", json=site.answer)
    return site


@pytest.fixture
def site(requests_mock: requests_mock.Mocker) -> Site:
    return served(Site("2026-11-20T12:00:00.000Z"), requests_mock)


def periods(stream: ApiStream) -> Iterator[Row]:
    """Yield the periods of a sync."""
    for part in stream.stream_slices(sync_mode=SyncMode.incremental):
        for row in stream.read_records(SyncMode.incremental, stream_slice=part):
            if isinstance(row, dict):
                yield row
    stream.skips.raise_failures()


def months_of(stream: ApiStream) -> list[str]:
    """Return the months of the periods of a sync, as they come."""
    return [row["endDate"][:7] for row in periods(stream) if row["layer"] == "final"]


@pytest.mark.parametrize(
    ("begun", "hours", "first"),
    [
        ("2026-11-20T12:00:00.000Z", 0, "2025-11"),
        ("2026-11-20T12:00:00.000Z", 30, "2025-11"),
        ("2026-11-30T12:00:00.000Z", 30, "2025-12"),
    ],
)
def test_the_month_of_a_year_ago_is_read_however_late_in_a_sync(
    begun: str, hours: int, first: str, requests_mock: requests_mock.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    site = served(Site(begun), requests_mock)
    streams = jsm_streams()
    list(streams["syncs"].rows())
    site.now += hours * HOUR
    list(streams["jec_channels"].rows())  # other streams come before
    months = months_of(streams["schedule_timelines"])
    assert months[0] == first
    assert months == sorted(set(months))
    assert months[-1] == text(millis(begun))[:7]
    assert not [record for record in caplog.records if "refuses" in record.getMessage()]
    told = [record.getMessage() for record in caplog.records if "during the sync" in record.getMessage()]
    assert len(told) == (first != "2025-11")
    assert all("2025-11" in line for line in told)


@pytest.mark.parametrize(
    ("start", "first", "is_told"),
    [("2024-01-01", "2025-11", True), ("2025-11-01", "2025-11", False), ("2026-09-01", "2026-09", False)],
)
@pytest.mark.usefixtures("site")
def test_a_start_date_before_what_jsm_shows_is_told(
    start: str, first: str, is_told: bool, caplog: pytest.LogCaptureFixture
) -> None:
    months = months_of(jsm_streams({**CONFIG, "start_date": start})["schedule_timelines"])
    assert months[0] == first
    assert any("of one year only" in record.getMessage() for record in caplog.records) is is_told


def read(rows: list[Row], state: dict[str, Any] | None = None, **config: str) -> ApiError | None:
    """Read the periods of a sync into a list; return the error that the stream ends with."""
    stream = jsm_streams({**CONFIG, **config})["schedule_timelines"]
    if state:
        stream.state = state
    try:
        rows.extend(periods(stream))
    except ApiError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("layers", "kept", "calls_of_other"),
    [
        ({"repeated": ("base",), "commas": ()}, "repeated", 1),
        ({"repeated": (), "commas": LAYERS}, "commas", 1),
        ({"repeated": (), "commas": ("base",)}, "commas", 1),
        ({"repeated": LAYERS, "commas": ()}, "repeated", 0),
    ],
)
def test_a_form_of_expand_that_is_refused_costs_no_row_and_one_call(
    layers: dict[str, tuple[str, ...]], kept: str, calls_of_other: int, site: Site
) -> None:
    site.layers = layers
    rows: list[Row] = []
    assert read(rows) is None
    assert {row["layer"] for row in rows} == {"final", *layers[kept]}
    assert len({row["endDate"] for row in rows}) == 13
    assert sum(form != kept for form in site.forms) == calls_of_other


@pytest.mark.parametrize("commas", [("base", "override"), ("unknown",)])
def test_the_more_complete_answer_of_two_forms_counts(commas: tuple[str, ...], site: Site) -> None:
    site.layers = {"repeated": ("base",), "commas": commas}
    rows: list[Row] = []
    assert read(rows) is None
    layers = Counter(row["layer"] for row in rows)
    assert layers == dict.fromkeys(("final", "base", "override")[: len(commas) + 1], 13)
    assert site.forms.count("repeated") == (1 if len(commas) > 1 else 13)  # two layers prove the form


@pytest.mark.parametrize(
    ("layers", "expands", "is_an_error"),
    [
        (("base", "forwarding"), LAYERS, False),
        (("base", "forwarding"), ("base", "forwarding"), True),
        (("override", "forwarding"), LAYERS, True),
        (("base", "forwarding"), None, False),
        (("base",), None, False),
        (("override", "forwarding"), None, True),
    ],
)
def test_only_overrides_and_forwarding_may_be_absent(
    layers: tuple[str, ...],
    expands: tuple[str, ...] | None,
    is_an_error: bool,
    site: Site,
    caplog: pytest.LogCaptureFixture,
) -> None:
    site.layers, site.expands = dict.fromkeys(site.layers, layers), expands
    rows: list[Row] = []
    assert (read(rows) is not None) is is_an_error
    assert {row["layer"] for row in rows} == (set() if is_an_error else {"final", *layers})
    assert ("does not have all layers" in caplog.text) is (layers == ("base",))


def test_a_form_of_expand_that_fails_does_not_prove_the_other_one(site: Site) -> None:
    """The other one may be answered without the layers, for all schedules."""
    site.broken_form = "repeated"
    site.layers["commas"] = ("unknown",)
    rows: list[Row] = []
    error = read(rows)
    assert error is not None
    assert "HTTP 500" in str(error.message)
    assert rows == []


def test_periods_of_two_rotations_at_the_same_time_are_two_rows(site: Site) -> None:
    site.rotations = ["r", "q"]
    rows: list[Row] = []
    assert read(rows, start_date="2026-11-01") is None
    assert {row["rotation_id"] for row in rows} == {"r", "q"}
    assert len(rows) == 2 * 4


def test_timelines_of_a_site_that_does_not_tell_the_time_are_read_by_the_machines_clock(
    requests_mock: requests_mock.Mocker,
) -> None:
    now = datetime.now(tz=timezone.utc)
    served(Site(now.isoformat(timespec="milliseconds").replace("+00:00", "Z")), requests_mock).tells_time = False
    rows: list[Row] = []
    assert read(rows) is None
    assert f"{now:%Y-%m}" in {row["startDate"][:7] for row in rows} or now.day == 1


@pytest.mark.parametrize(("account", "comes"), [(None, 0), ("opsgenie:4315c6f3ae45:822b33ad87c1", 0), ("own", 1)])
def test_periods_that_were_read_from_opsgenie_do_not_come_again_with_new_ids_of_users(
    account: str | None, comes: int, site: Site
) -> None:
    """The lookback that brings the alerts of both APIs would double them: the id of the user is part of their key."""
    state = {"startDate": "2025-11-01T00:00:00.000Z", "endDate": "2026-11-05T00:00:00.000Z"}
    if account:
        own = str(jsm_streams()["schedule_timelines"].context.fingerprint())
        state["account"] = own if account == "own" else account
    rows: list[Row] = []
    assert read(rows, state, lookback_window="P30D") is None
    assert {row["endDate"][:10] for row in rows} == ({"2026-11-02"} if comes else set())


@pytest.mark.parametrize(
    ("end", "start", "missing_from"),
    [
        ("2025-06-05", "2025-01-01", "2025-06-05"),
        ("2025-06-05", "2025-08-01", "2025-08-01"),
        ("2025-06-05", "2025-11-01", ""),
        ("2025-11-05", "2025-01-01", ""),
    ],
)
@pytest.mark.usefixtures("site")
def test_periods_between_the_last_sync_and_what_jsm_shows_are_told_to_be_missing(
    end: str, start: str, missing_from: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The first sync from Opsgenie may have been stopped long before the present, or the last one was long ago."""
    state = {"startDate": f"{start}T00:00:00.000Z", "endDate": f"{end}T00:00:00.000Z"}
    assert read([], state, start_date=start) is None
    words = f"periods that ended from {missing_from}T00:00:00.000Z to 2025-11-01T00:00:00.000Z are missing"
    assert (words in caplog.text) is bool(missing_from)
    assert ("periods that ended" in caplog.text) is bool(missing_from)


def test_a_schedule_whose_timeline_is_refused_in_both_forms_is_an_error(site: Site) -> None:
    site.layers = {"repeated": (), "commas": ()}
    rows: list[Row] = []
    error = read(rows)
    assert error is not None
    assert "expand is not one of base" in str(error.message)
    assert {*site.forms} == {"repeated", "commas"}


@pytest.mark.parametrize(
    ("month", "status", "is_an_error"),
    [("2025-11", 400, False), ("2025-11", 500, True), ("2025-12", 400, True), ("2026-06", 400, True)],
)
def test_only_the_month_of_a_year_ago_may_be_refused(
    month: str, status: int, is_an_error: bool, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.refused_month, site.refused_with = month, status
    rows: list[Row] = []
    error = read(rows)
    assert (error is not None) is is_an_error
    assert error is None or "date is not valid" in str(error.message) or "HTTP 500" in str(error.message)
    assert (f"refuses the timelines of {month}" in caplog.text) is not is_an_error
    assert len({row["endDate"] for row in rows}) == 12


def test_a_schedule_that_is_owed_stays_owed_while_the_list_of_schedules_is_empty() -> None:
    site = RandomSite(5)
    site.rows["/v1/schedules"] = []
    end = text(NOW - 2 * DAY)
    owed = {"s": text(NOW - 60 * DAY)}
    state = state_message("schedule_timelines", startDate="2025-11-01T00:00:00.000Z", endDate=end, owed=owed)
    sync = Sync(site, "schedule_timelines", state=[state], **{**SITE_CONFIG, "start_date": None})
    assert sync.ended("schedule_timelines") == "COMPLETE"
    kept = sync.state_of("schedule_timelines")
    assert (kept["owed"], kept["endDate"]) == (owed, end)
    assert not sync.warned_of("schedule_timelines", "deletions")
