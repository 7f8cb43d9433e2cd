"""A small Opsgenie account in memory, and syncs of it by the whole connector inside this process.

The account follows Opsgenie's documentation and knows nothing of the connector's classes: what is tested with it is
what a user sees, whatever the code looks like inside.
"""

from __future__ import annotations

import json
import logging
import operator
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cache
from hashlib import sha256
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import requests_mock
from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteStateBlob,
    AirbyteStateMessage,
    AirbyteStateMessageSerializer,
    AirbyteStateType,
    AirbyteStream,
    AirbyteStreamState,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    DestinationSyncMode,
    Level,
    StreamDescriptor,
    SyncMode,
    Type,
)
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_opsgenie.source import SourceOpsgenie

Row = dict[str, Any]

HOST = "https://api.opsgenie.com"
LOGGER = logging.getLogger("airbyte")

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

COMPARED = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}

MOST_ROWS = 100  # of a page
WINDOW = 20_000
DOMAINS = ("search", "alert", "incident", "configuration", "heartbeat", "schedule-oncalls")

# Without a lookback nothing comes twice but for a reason; one worker makes the calls of a stream one by one.
CONFIG: Row = {"api_token": "7d1c3a9e-0b52-4f6e-9a1d-2c8e4b7f6a10", "lookback_window": "PT0S", "num_workers": 1}

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def text(moment: int) -> str:
    """Write epoch milliseconds as Opsgenie does."""
    return (_EPOCH + timedelta(milliseconds=moment)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


@cache
def millis(written: str) -> int:
    """Read what `text` writes, and a date."""
    moment = datetime.fromisoformat(written.replace("Z", "+00:00"))
    return (moment.replace(tzinfo=moment.tzinfo or timezone.utc) - _EPOCH) // timedelta(milliseconds=1)


NOW = millis("2026-11-20T12:00:00.000Z")


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """An answer with an error status. If a gateway gives it, its message is the whole body."""

    def __init__(
        self, status: int, message: str = "refused", code: int | None = None, *, by_gateway: bool = False
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.by_gateway = by_gateway

    @property
    def body(self) -> Row:
        """What it says."""
        return {
            "message": str(self),
            "took": 0.1,
            "requestId": "r",
            **({} if self.code is None else {"code": self.code}),
        }


@dataclass(frozen=True)
class Call:
    """One GET that came in."""

    path: str
    query: dict[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """The path, and the team where the query names one: policies of all teams share a path."""
        return f"{self.path}?teamId={self.query['teamId']}" if "teamId" in self.query else self.path


class Account:
    """Answers the GETs of a sync from rows that a test may change at any time.

    Attributes:
        config: what a sync of it is configured with, beside `CONFIG`.
        now: the time by Opsgenie's clock, in epoch milliseconds, told in the `Date` of each answer.
        alerts, incidents: by id.
        below: lists and single objects by place, such as `/v2/alerts/a1/logs`. A single object has its place only.
        logs: the logs of each team, by its id: the time of each and its text.
        periods: the periods of each schedule, by its id: begin and end.
        log_files: the files behind a marker and the marker behind them, by marker; `None` is the first.
        indexed: where the search still sorts an alert or incident by an older change: its time by id.
        zone: hours by which the time zone of the schedules is ahead of UTC.
        timeline_range: returns the range of the answer for a timeline: begin and end, for the moment asked for.
        cuts_periods: whether a timeline shows periods only as far as they are inside of the range.
        tells_time: whether answers have a `Date`.
        heeds_order: whether lists come in the order asked for; else oldest first.
        shuffled: a number that orders alerts and incidents that share a time; 0: their ids do.
        reversed: whether alerts and incidents come in the opposite of the order asked for.
        no_sort_by_change: the status with which a sort of incidents by change is refused; None if it is not.
        unlisted: how many more alerts and incidents are counted than the search shows.
        hidden: alerts and incidents that searches count and do not show, by the field that the search sorts by.
        cut: pages of searches, by their number, that come without their last rows and without a link, as if they were
            the last: the number of rows that each keeps.
        refused: what is refused by place, a pattern: with a status, or with words, too.
        pages: how many whole pages of searches were asked for.
        calls: what was asked for.
        before: is called before each answer.
    """

    def __init__(self, now: int = NOW) -> None:
        self.config: Row = {}
        self.now = now
        self.alerts: dict[str, Row] = {}
        self.incidents: dict[str, Row] = {}
        self.below: dict[str, Any] = {}
        self.users: list[Row] = []
        self.logs: dict[str, list[tuple[int, str]]] = {}
        self.periods: dict[str, list[tuple[int, int]]] = {}
        self.log_files: dict[str | None, tuple[list[Row], str]] = {}
        self.indexed: dict[str, int] = {}
        self.zone = 0
        self.timeline_range: Callable[[int], tuple[int, int]] = self._month
        self.cuts_periods = False
        self.tells_time = True
        self.heeds_order = True
        self.shuffled = 0
        self.reversed = False
        self.no_sort_by_change: int | None = None
        self.unlisted = 0
        self.hidden: dict[str, set[str]] = {}
        self.cut: dict[int, int] = {}
        self.pages = 0
        self.refused: dict[str, int | Refused] = {}
        self.calls: list[Call] = []
        self.before: Callable[[Call], None] = lambda _: None
        self._lock = threading.Lock()
        self._routes: list[tuple[re.Pattern[str], Callable[..., Row]]] = [
            (re.compile(pattern), handler)
            for pattern, handler in (
                (r"/v2/request-limits/?", self._limits),
                (r"/v2/account", self._account),
                (r"/v2/alerts", lambda call: self._searched(call, self.alerts)),
                (r"/v2/alerts/count", self._count),
                (r"/v2/alerts/saved-searches.*", lambda call: {"data": self.below.get(call.place, [])}),
                (r"/v2/alerts/([^/]+)", lambda _, name: {"data": self._existing(self.alerts, name)}),
                (r"/v1/incidents", lambda call: self._searched(call, self.incidents)),
                (r"/v1/incidents/([^/]+)", lambda _, name: {"data": self._existing(self.incidents, name)}),
                (r"/v2/incident-timelines/([^/]+)/entries", self._entries),
                (r"/v2/users", lambda call: self._by_offset(call, self.users)),
                (r"/v2/teams", lambda _: {"data": [{"id": name, "name": name} for name in self.logs]}),
                (r"/v2/teams/([^/]+)/logs", self._team_logs),
                (r"/v2/teams/([^/]+)", self._team),
                (r"/v2/schedules", lambda _: {"data": [{"id": name, "name": name} for name in self.periods]}),
                (r"/v2/schedules/([^/]+)/timeline", self._timeline),
                (r"/v2/schedules/(?!on-calls)([^/]+)", self._schedule),
                (r"/v1/services", lambda call: self._by_offset(call, self.below.get(call.path, []))),
                (r"/v1/incident-templates", self._templates),
                (r"/v2/logs/list/([^/]+)", self._log_files),
                (r"/v2/alerts/([^/]+)/(?:logs|notes)", self._by_record),
                (r"/v1/incidents/([^/]+)/(?:logs|notes)", self._by_record),
                (r"/v./.*", lambda call, *_: {"data": self.below.get(call.place, [])}),
            )
        ]

    # What happens in it.

    def alert(self, name: str, created: int, updated: int | None = None, **fields: object) -> Row:
        """Put an alert into the account."""
        return _put(self.alerts, name, created, updated, fields)

    def incident(self, name: str, created: int, updated: int | None = None, **fields: object) -> Row:
        """Put an incident into the account."""
        return _put(self.incidents, name, created, updated, fields)

    def change(self, name: str, moment: int) -> None:
        """Change an alert or an incident, at a time, and leave a note on it and an entry in its log."""
        kind = self.alerts if name in self.alerts else self.incidents
        kind[name]["updatedAt"] = text(moment)
        at = "/v2/alerts" if kind is self.alerts else "/v1/incidents"
        for part in ("notes", "logs"):
            self.leave(f"{at}/{name}/{part}", moment)

    def leave(self, path: str, moment: int) -> None:
        """Put a row into a list below an alert or an incident."""
        rows = self.below.setdefault(path, [])
        row = {"note": "n", "log": "l", "createdAt": text(moment), "offset": f"{moment}_{moment}{len(rows):06}"}
        rows.append(row)

    # How it answers.

    def answer(self, request: Any, context: Any) -> bytes:
        """Answer one GET."""
        parts = urlsplit(request.url)
        call = Call(unquote(parts.path), dict(parse_qsl(parts.query, keep_blank_values=True)))
        with self._lock:
            self.calls.append(call)
            self.before(call)
            moment = _EPOCH + timedelta(milliseconds=self.now)
            if self.tells_time:
                context.headers["Date"] = moment.strftime("%a, %d %b %Y %H:%M:%S GMT")
            try:
                return json.dumps({**self._answer(call), "took": 0.1, "requestId": "r"}).encode()
            except Refused as refused:
                context.status_code = refused.status
                return (str(refused) if refused.by_gateway else json.dumps(refused.body)).encode()

    def asked(self, path: str) -> int:
        """Count the calls of paths that a pattern describes."""
        matches = re.compile(path).fullmatch
        return sum(1 for call in self.calls if matches(call.path))

    def _answer(self, call: Call) -> Row:
        for place, refused in self.refused.items():
            if re.fullmatch(place, call.place):
                # Without the tracebacks of earlier calls, which would keep all that those calls used.
                raise refused.with_traceback(None) if isinstance(refused, Refused) else Refused(refused)
        for pattern, handler in self._routes:
            found = pattern.fullmatch(call.path)
            if found:
                return handler(call, *found.groups())
        raise Refused(404)

    def _limits(self, _: Call) -> Row:
        limits = [{"limit": 10**6, "periodInSeconds": 1}]
        return {"data": {"rateLimits": [{"domain": domain, "limits": limits} for domain in DOMAINS]}}

    def _account(self, _: Call) -> Row:
        return {"data": {"name": "acme", "userCount": len(self.users), "plan": {"name": "Enterprise"}}}

    def _schedule(self, _: Call, name: str) -> Row:
        if name not in self.periods:
            raise Refused(404)
        return {"data": {"id": name, "name": name}}

    @staticmethod
    def _existing(rows: Mapping[str, Row], name: str) -> Row:
        if name not in rows:
            raise Refused(404)
        return rows[name]

    def _found(self, call: Call, rows: Mapping[str, Row]) -> list[Row]:
        """Search by bounds of `createdAt` and by a status, joined by AND; anything else is refused."""
        query = call.query.get("query", "")
        terms = [term.strip("() ") for term in query.split(" AND ") if term]
        bounds = [found for term in terms for found in re.findall(r"^createdAt *(>=|<=|>|<) *(\d+)$", term)]
        status = [found for term in terms for found in re.findall(r"^status: *(\w+)$", term)]
        if len(bounds) + len(status) < len(terms):
            raise Refused(422, f"Cannot parse query: {query}")
        found = list(rows.values())
        for sign, bound in bounds:
            holds, moment = COMPARED[sign], int(bound)
            found = [row for row in found if holds(millis(row["createdAt"]), moment)]
        return [row for row in found if all(row["status"] == each for each in status)]

    def _count(self, call: Call) -> Row:
        return {"data": {"count": len(self._found(call, self.alerts)) + self.unlisted}}

    def _searched(self, call: Call, rows: Mapping[str, Row]) -> Row:
        by = call.query.get("sort", "createdAt")
        if by == "updatedAt" and rows is self.incidents and self.no_sort_by_change is not None:
            raise Refused(self.no_sort_by_change, "sort should be one of [createdAt]")

        def place(row: Row) -> tuple[int, str, str]:
            moment, name = millis(row[by]), row["id"]
            shuffled = sha256(f"{self.shuffled} {name}".encode()).hexdigest() if self.shuffled else ""
            return (self.indexed.get(name, moment) if by == "updatedAt" else moment, shuffled, name)

        if not self.heeds_order:
            by = "createdAt"
        descending = self.heeds_order and (call.query.get("order", "desc") == "desc") is not self.reversed
        found = sorted(self._found(call, rows), key=place, reverse=descending)
        hidden = self.hidden.get(call.query.get("sort", ""), set())
        body = self._by_offset(call, [row for row in found if row["id"] not in hidden])
        body["totalCount"] = len(found) + self.unlisted
        self.pages += call.query.get("limit") == str(MOST_ROWS)
        if self.pages in self.cut:
            return {"data": body["data"][: self.cut.pop(self.pages)]}
        return body

    def _by_offset(self, call: Call, found: list[Any]) -> Row:
        offset, limit = int(call.query.get("offset", "0")), int(call.query.get("limit", "20"))
        if limit > MOST_ROWS or offset + limit >= WINDOW:
            raise Refused(422)
        body: Row = {"data": found[offset : offset + limit], "totalCount": len(found) + self.unlisted}
        if offset + limit < len(found):
            body["paging"] = {"next": link(call, offset=offset + limit)}
        return body

    def _templates(self, call: Call) -> Row:
        body = self._by_offset(call, self.below.get(call.path, []))
        return {**body, "data": {"incidentTemplates": body["data"]}}

    def _by_record(self, call: Call, _: str) -> Row:
        rows, after = self.below.get(call.path, []), call.query.get("offset", "")
        if call.query.get("order") != "asc" or call.query.get("direction") != "next":
            raise Refused(422)
        limit = int(call.query.get("limit", "20"))
        rows = [row for row in rows if row["offset"] > after]
        more = {"paging": {"next": link(call, offset=rows[limit - 1]["offset"])}} if len(rows) > limit else {}
        return {"data": rows[:limit], **more}

    def _entries(self, call: Call, _: str) -> Row:
        limit, rows = int(call.query.get("limit", "20")), self.below.get(call.path, [])
        offset = int(call.query.get("offset", "0"))
        page = rows[offset : offset + limit]
        return {"data": {"entries": page, "nextOffset": str(offset + limit) if page else ""}}

    def _team(self, call: Call, name: str) -> Row:
        return {"data": self.below.get(call.path, {"id": name, "members": []})}

    def _team_logs(self, call: Call, name: str) -> Row:
        rows = [
            (f"{moment}{number:06}", {"log": log, "owner": "o", "createdDate": text(moment)})
            for number, (moment, log) in enumerate(self.logs[name])
        ]
        if call.query.get("order", "desc") == "desc" and self.heeds_order:
            rows = [row for row in rows[::-1] if row[0] < call.query.get("offset", ":")]
        else:
            rows = [row for row in rows if row[0] > call.query.get("offset", "")]
        page = rows[: int(call.query.get("limit", "20"))]
        return {"data": {"logs": [row for _, row in page], "offset": page[-1][0] if page else ""}}

    def _timeline(self, call: Call, name: str) -> Row:
        """Answer with the periods that touch a range."""
        first, last = self.timeline_range(millis(call.query["date"]))
        shown = [(since, until) for since, until in self.periods[name] if since < last and until > first]
        if self.cuts_periods:
            shown = [(max(since, first), min(until, last)) for since, until in shown]
        periods = [
            {"startDate": text(since), "endDate": text(until), "type": "default", "recipient": {"id": "u"}}
            for since, until in shown
        ]
        rotation = {"id": "r", "name": "r", "order": 1.0, "periods": periods}
        window = {"startDate": text(first), "endDate": text(last), "_parent": {"id": name, "name": name}}
        return {"data": {**window, "finalTimeline": {"rotations": [rotation]}}}

    def _month(self, asked: int) -> tuple[int, int]:
        """Return the month that a moment is in, by the schedule's own time zone."""
        zone = timedelta(hours=self.zone)
        moment = _EPOCH + timedelta(milliseconds=asked) + zone
        begin = datetime(moment.year, moment.month, 1, tzinfo=timezone.utc) - zone
        end = datetime(moment.year + moment.month // 12, moment.month % 12 + 1, 1, tzinfo=timezone.utc) - zone
        return (begin - _EPOCH) // timedelta(milliseconds=1), (end - _EPOCH) // timedelta(milliseconds=1)

    def _log_files(self, call: Call, marker: str) -> Row:
        """Answer with what is behind a marker; one that is older than the account stands for the beginning."""
        rows, following = self.log_files.get(None if marker < "2020" else marker, ([], marker))
        return {"data": rows, "marker": following}


def _put(rows: dict[str, Row], name: str, created: int, updated: int | None, fields: Mapping[str, object]) -> Row:
    changed = created if updated is None else updated
    times = {"createdAt": text(created), "updatedAt": text(changed)}
    rows[name] = {"id": name, "status": "closed", **times, **fields}
    return rows[name]


def link(call: Call, **changed: object) -> str:
    """Return the address of a call with other parameters."""
    return f"http://api.opsgenie.com{call.path}?{urlencode({**call.query, **changed})}"


class Answering(Protocol):
    """An account in memory.

    Attributes:
        config: what a sync of it is configured with, beside `CONFIG`.
    """

    config: Row

    def answer(self, request: Any, context: Any) -> bytes:
        """Answer one call."""


class Sync:
    """One sync by the whole connector, and what came of it, in the order in which it came."""

    def __init__(
        self,
        account: Answering,
        *names: str,
        state: Iterable[AirbyteStateMessage] = (),
        mode: SyncMode = SyncMode.incremental,
        include_files: bool | None = None,
        generation: int | None = None,
        keys: Mapping[str, list[list[str]]] | None = None,
        **config: object,
    ) -> None:
        self.messages: list[AirbyteMessage] = []
        self.error = ""
        catalog = ConfiguredAirbyteCatalog(
            streams=[
                ConfiguredAirbyteStream(
                    stream=discovered()[name],
                    sync_mode=mode
                    if mode in (discovered()[name].supported_sync_modes or [])
                    else SyncMode.full_refresh,
                    destination_sync_mode=DestinationSyncMode.append,
                    primary_key=(keys or {}).get(name),
                    include_files=include_files,
                    generation_id=generation,
                    minimum_generation_id=generation,  # as in syncs of Airbyte that replace a table
                    sync_id=generation,
                )
                for name in names
            ]
        )
        with requests_mock.Mocker() as mocker:
            mocker.register_uri(requests_mock.ANY, requests_mock.ANY, content=account.answer)
            try:
                given = [_copied(each) for each in state]
                for message in SourceOpsgenie().read(LOGGER, {**CONFIG, **account.config, **config}, catalog, given):
                    self.messages.append(message)
            except AirbyteTracedException as error:
                self.error = str(error.message)

    @property
    def states(self) -> list[AirbyteStateMessage]:
        """The last state of each stream."""
        last = {state.stream.stream_descriptor.name: state for _, state in self.checkpoints if state.stream}
        return list(last.values())

    @property
    def checkpoints(self) -> list[tuple[int, AirbyteStateMessage]]:
        """Every state, with the number of messages before it."""
        return [
            (number, message.state)
            for number, message in enumerate(self.messages)
            if message.type == Type.STATE and message.state
        ]

    def warned_of(self, name: str, *words: str) -> bool:
        """Return whether a stream was named in a warning that holds some words."""
        return any(all(word in warning for word in words) for warning in self.warnings(name))

    def logged(self, words: str) -> bool:
        """Return whether a line of the log holds some words."""
        return any(words in each.log.message for each in self.messages if each.log)

    def warnings(self, name: str) -> list[str]:
        """Return the warnings that name a stream."""
        return [
            each.log.message
            for each in self.messages
            if each.type == Type.LOG
            and each.log
            and each.log.level == Level.WARN
            and each.log.message.startswith(f"{name}: ")
        ]

    def ended(self, name: str) -> str:
        """Return the last status of a stream: COMPLETE or INCOMPLETE."""
        told = (each.trace.stream_status for each in self.messages if each.type == Type.TRACE and each.trace)
        return [str(status.status.value) for status in told if status and status.stream_descriptor.name == name][-1]

    def state_of(self, name: str) -> Row:
        """Return what the last state of a stream holds; nothing if there was none."""
        held = {state.stream.stream_descriptor.name: state.stream.stream_state for state in self.states if state.stream}
        state = held.get(name)
        return {} if state is None else dict(vars(state))

    @property
    def estimates(self) -> list[tuple[str, int | None]]:
        """The numbers of rows that were announced."""
        told = (each.trace.estimate for each in self.messages if each.type == Type.TRACE and each.trace)
        return [(estimate.name, estimate.row_estimate) for estimate in told if estimate is not None]

    def rows(self, name: str, until: int | None = None) -> list[Row]:
        """Return the rows of a stream among all messages, or the first of them."""
        return [
            dict(each.record.data)
            for each in self.messages[:until]
            if each.type == Type.RECORD and each.record and each.record.stream == name
        ]

    def ids(self, name: str, column: str = "id") -> set[str]:
        """Return what the rows of a stream have in a column."""
        return {str(row[column]) for row in self.rows(name)}

    def failed(self) -> dict[str, str]:
        """Return the streams that ended with an error, and what their users were told."""
        told = (each.trace.error for each in self.messages if each.type == Type.TRACE and each.trace)
        return {
            error.stream_descriptor.name: str(error.message)
            for error in told
            if error is not None and error.stream_descriptor is not None
        }


def state_message(name: str, **state: object) -> AirbyteStateMessage:
    """Make the state of a stream."""
    held = AirbyteStreamState(stream_descriptor=StreamDescriptor(name=name), stream_state=AirbyteStateBlob(state))
    return AirbyteStateMessage(type=AirbyteStateType.STREAM, stream=held)


def unique(rows: Iterable[Row]) -> set[str]:
    """Return rows in a form in which they can be compared as sets."""
    return {json.dumps(row, sort_keys=True) for row in rows}


@cache
def discovered() -> dict[str, AirbyteStream]:
    """Return the entries of the catalog by name."""
    return {stream.name: stream for stream in SourceOpsgenie().discover(LOGGER, CONFIG).streams}


def _copied(state: AirbyteStateMessage) -> AirbyteStateMessage:
    """Write and read a state, as between two processes."""
    copied: AirbyteStateMessage = AirbyteStateMessageSerializer.load(
        json.loads(json.dumps(AirbyteStateMessageSerializer.dump(state)))
    )
    return copied
