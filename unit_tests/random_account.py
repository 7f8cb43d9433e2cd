"""An Opsgenie whose rows are shaped as the record models say, more or less: fields are missing, null, of another type,
or unheard of, and some rows are none. Its lists, links, filters and counts are as they should be.

The same seed gives the same account, so that what a copy should hold can be told without asking.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timezone
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from source_opsgenie.http.paging import BodyOffsetPaging, OffsetPaging
from source_opsgenie.http.timestamps import from_millis, to_millis
from source_opsgenie.opsgenie.paging import data_object
from source_opsgenie.records.base import json_schema
from source_opsgenie.records.masking import masked
from source_opsgenie.streams.base import ApiStream, fields_in
from source_opsgenie.streams.sub_stream import SubStream
from unit_tests.expected import numbered, stored, with_json_texts

Row = dict[str, Any]
Params = dict[str, str]

NOW = "Tue, 24 Nov 2026 12:00:00 GMT"
START = "2026-08-01T00:00:00Z"
MONTHS = ("2026-08", "2026-09", "2026-10", "2026-11")
CREATED = to_millis("2026-09-01T00:00:00Z") or 0

WALKED = ("alerts", "incidents")
GIVEN_WITH_PARENT = {"schedule_rotations": "rotations", "notification_rule_steps": "steps"}
BY_TEAM = ("alert_policies", "notification_policies", "action_channels")
DOMAINS = ("search", "alert", "incident", "configuration", "heartbeat", "schedule-oncalls")
LIMITS = [{"domain": domain, "limits": [{"limit": 10**6, "periodInSeconds": 1}]} for domain in DOMAINS]

# Where the periods of a timeline are.
PLACE = {"layer": "final", "rotation_id": "r", "rotation_name": "n", "rotation_order": 1.5}


def has_one_object(stream: ApiStream) -> bool:
    """Return whether the calls of a stream are answered with one object, and not with a list."""
    return stream.pager.rows_in is data_object


class RandomAccount:
    """Answers every GET of the streams."""

    def __init__(self, streams: Iterable[ApiStream], seed: int) -> None:
        self.seed = seed
        self.size = random.Random(seed).randint(4, 8)  # noqa: S311 - no secret
        self.streams = {stream.name: stream for stream in streams}
        self.routes: list[tuple[re.Pattern[str], Callable[[str, Params], Row]]] = []
        self._made: dict[tuple[str, ...], list[Any]] = {}
        ordered = sorted(self.streams.values(), key=lambda stream: stream.list_path.count("{"))
        self._route("v2/alerts/count", self._count)
        for stream in ordered:
            self._route(stream.list_path, partial(self._answer, stream))
        for stream in ordered:
            if stream.detail_path is not None:
                self._route(stream.detail_path, partial(self._single, stream))

    def answer(self, url: str) -> Row | None:
        """Answer an address; None: there is no such."""
        parts = urlsplit(url)
        for pattern, handler in self.routes:
            if pattern.fullmatch(parts.path):
                return handler(unquote(parts.path), dict(parse_qsl(parts.query, keep_blank_values=True)))
        return None

    def truth(self, name: str) -> Iterator[Row]:
        """Yield what a copy of a stream holds."""
        for parent, rows in self._lists(self.streams[name]):
            for row in numbered(stored(rows)) if name == "integration_actions" else rows:
                record = self._record(name, row, parent)
                if record is not None:
                    yield with_json_texts(name, stored(record))

    # What the account holds.

    def _lists(self, stream: ApiStream) -> Iterator[tuple[Row, list[Any]]]:
        """Yield all lists of a stream, each with its parent's row."""
        if not isinstance(stream, SubStream):
            yield {}, self._rows(stream, "/" + stream.list_path)
            return
        if stream.name == "alert_policies":
            yield {"id": None}, self._rows(stream, "/" + stream.list_path)
        for parent in self.truth(stream.parent.name):
            given = parent.get(GIVEN_WITH_PARENT.get(stream.name, ""))
            if isinstance(given, list):
                yield parent, given
            elif all(_names(parent.get(field)) for field in self._asked_by(stream)):
                path = "/" + stream.list_path.format_map(parent)
                keys = [str(parent["id"])] if stream.name in BY_TEAM else []
                keys += MONTHS if stream.name == "schedule_timelines" else []
                yield parent, [row for key in keys or [""] for row in self._rows(stream, path, key)]

    @staticmethod
    def _asked_by(stream: SubStream) -> Iterable[str]:
        return fields_in(stream.list_path) or ("id",)

    def _record(self, name: str, row: Any, parent: Row) -> Row | None:
        stream = self.streams[name]
        if name in {"incident_responder_alerts", "incident_associated_alerts"} and isinstance(row, str):
            row = {"alert_id": row}
        if not isinstance(row, dict):
            return None
        if stream.detail_path is not None and _names(row.get("id")):
            above = {"user_id": parent.get("id")} if name == "notification_rules" else {}
            path = "/" + stream.detail_path.format_map({**above, **row})
            detailed = all(_names(value) for value in above.values())
            detail = self._detail(stream, path) if detailed else {}
            # A null there does not overwrite what the list gives.
            row = {**row, **{field: value for field, value in detail.items() if value is not None or field not in row}}
        if name == "schedule_timelines":
            row = {"schedule_name": parent.get("name"), **PLACE, "recipient_id": _recipient_ids(row), **row}
        if name == "alert_attachments" and row.get("id") is not None:
            row = {**row, "id": str(row["id"])}
        if isinstance(stream, SubStream):
            row = {**{column: parent.get(field) for column, field in stream.parent_columns.items()}, **row}
        if name == "notification_rule_steps" and row.get("_parent") is None:
            row = {**row, "_parent": {field: parent[field] for field in ("id", "name") if field in parent}}
        lifted = {"alert_recipients": "user", "team_members": "user", "on_calls": "_parent"}.get(name)
        if lifted:
            inner = row.get(lifted)
            identity = inner.get("id") if isinstance(inner, dict) else None
            row = {"schedule_id" if name == "on_calls" else "user_id": identity, **row}
        return dict(masked(row)) if name in {"integrations", "integration_actions", "action_channels"} else row

    def _rows(self, stream: ApiStream, path: str, key: str = "") -> list[Any]:
        """Return the rows of one list, made when first asked for."""
        if stream.name == "request_limits":
            return LIMITS
        made = self._made.get((stream.name, path, key))
        if made is None:
            draw = Draw(f"{self.seed} {path} {key}", stream)
            most = 3 if "{" in stream.list_path else 12
            made = [draw.row(number) for number in range(draw.random.choice([0, 1, 2, 3, most]))]
            if has_one_object(stream):
                made = [{**draw.fields(), "id": path.removeprefix("/v2/alerts/")}]  # only an alert's id is compared
            if stream.name == "schedule_timelines":
                made = [{**row, "endDate": f"{key}-15T00:00:00Z"} for row in made if isinstance(row, dict)]
            if stream.name in WALKED:
                made = [draw.times(row) for row in made if isinstance(row, dict)]
            if stream.name == "integration_actions":
                made = [{"type": "create", **row} for row in made if isinstance(row, dict)]
            self._made[stream.name, path, key] = made
        return made

    def _detail(self, stream: ApiStream, path: str) -> Row:
        if stream.name == "notification_policies":
            stream = self.streams["alert_policies"]  # their single policies have one address
        row = Draw(f"{self.seed} {path}", stream).fields()
        own = {name: value for name, value in row.items() if name not in {"user_id", "team_id", "steps"}}
        return {**own, "id": None}

    # How it answers.

    def _route(self, location: str, handler: Callable[[str, Params], Row]) -> None:
        pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape("/" + location))
        self.routes.append((re.compile(pattern), handler))

    def _single(self, stream: ApiStream, path: str, _: Params) -> Row:
        return {"data": self._detail(stream, path)}

    def _count(self, _: str, params: Params) -> Row:
        rows = self._rows(self.streams["alerts"], "/v2/alerts")
        return {"data": {"count": len(_filtered(rows, params.get("query", "")))}}

    def _answer(self, stream: ApiStream, path: str, params: Params) -> Row:
        if stream.name == "log_files":
            return self._log_files(stream, path)
        key = params.get("teamId", "")
        if stream.name == "schedule_timelines":
            key = params["date"][:7]
        rows = self._rows(stream, path, key)
        if stream.name == "schedule_timelines":
            return _timeline(rows, key)
        if stream.name == "integration_actions":
            return {"data": {"_parent": {"id": 1}, "create": rows, "close": None}}
        if stream.name == "team_members":
            return {"data": {"id": path.removeprefix("/v2/teams/"), "members": rows}}
        if has_one_object(stream):
            return {"data": rows[0]}
        if stream.name in WALKED:
            rows = _filtered(rows, params.get("query", ""))
        if isinstance(stream.pager, OffsetPaging):
            order = params.get("sort", "")
            rows = sorted(rows, key=partial(_place, order), reverse=params.get("order") == "desc") if order else rows
        return self._page(stream, rows, path, params)

    def _page(self, stream: ApiStream, rows: list[Any], path: str, params: Params) -> Row:
        offset = int(params.get("offset", "0"))
        paged = stream.pager.limit is not None
        after = offset + min(self.size, int(params.get("limit", self.size))) if paged else len(rows)
        body: Any = rows[offset:after]
        for name in reversed(stream.pager.rows.split(".")):
            body = {name: body}
        if after < len(rows) and isinstance(stream.pager, BodyOffsetPaging):
            body["data"][stream.pager.offset_at.partition(".")[2]] = str(after)
        elif after < len(rows):
            body["paging"] = {"next": f"http://elsewhere.example{path}?{urlencode({**params, 'offset': after})}"}
        return {**body, "totalCount": len(rows), "took": 0.1, "requestId": "r"}

    def _log_files(self, stream: ApiStream, path: str) -> Row:
        where, _, marker = path.rpartition("/")
        rows = self._rows(stream, "/" + stream.list_path)
        begin = int(marker[1:]) if marker.startswith("m") else 0
        end = min(begin + self.size, len(rows))
        assert where == "/v2/logs/list"
        return {"data": rows[begin:end], "marker": f"m{end}"}


class Draw:
    """Draws rows of one stream."""

    def __init__(self, seed: str, stream: ApiStream) -> None:
        self.random = random.Random(seed)  # noqa: S311 - no secret
        self.seed = seed
        self.schema = json_schema(stream.record)
        self.bare = "associated" in stream.name or "responder" in stream.name

    def row(self, number: int) -> Any:
        """Return one row, now and then one that is no object."""
        if self.random.random() < 0.05:
            return self.random.choice([None, 7, True, ["x"]])
        identity = f"{number} {quote(self.seed, safe='')[-40:]}/%"
        if self.bare:
            return identity
        return {**self.fields(), **self._identity(identity, number)}

    def _identity(self, identity: str, number: int) -> Row:
        if self.random.random() < 0.85:
            return {"id": identity}
        odd = self.random.choice([None, "", number, ["x"], {"a": 1}])
        return self.random.choice([{"id": odd}, {"odd": identity}])

    def fields(self) -> Row:
        """Return an object of the record model's fields, but for those that the connector adds."""
        fields = {
            name: self._value(inner, 0)
            for name, inner in self.schema["properties"].items()
            if self.random.random() < 0.7 and "Added by the connector" not in inner.get("description", "")
        }
        if self.random.random() < 0.2:
            fields |= self.random.choice([{"location": "v2/x"}, {"marker": 7}, {"unheard of": {"a": [1, None]}}])
        return {name: value for name, value in fields.items() if name != "id"}

    def times(self, row: Row) -> Row:
        """Set the times that the row's list is filtered and sorted by, several rows the same."""
        created = from_millis(CREATED + self.random.randint(0, 4))
        updated = from_millis(CREATED + self.random.randint(4, 9))
        return {**row, "createdAt": created, "updatedAt": updated if self.random.random() < 0.9 else None}

    def _value(self, schema: Row, depth: int) -> Any:
        if self.random.random() < 0.15:
            return self.random.choice([None, "", "x\0\u2028", 2**70, -1.5, True, [], [None], {}, {"a": {}}])
        kind = schema["type"][-1]
        if schema.get("format") == "date-time":
            return self.random.choice(["2026-11-01T12:00:00Z", "2026-11-01T12:00:00.5Z", "2026-11-01", "soon"])
        if kind == "object":
            properties = schema.get("properties", {"free": {"type": ["string"]}}) if depth < 2 else {}
            return {name: self._value(inner, depth + 1) for name, inner in properties.items()}
        if kind == "array":
            return [self._value(schema["items"], depth + 1) for _ in range(self.random.randint(0, 2))]
        return {"boolean": True, "integer": 3, "number": 0.5}.get(kind, "text")


def _timeline(rows: list[Row], key: str) -> Row:
    year, month = map(int, key.split("-"))
    begin = datetime(year, month, 1, tzinfo=timezone.utc)
    end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=timezone.utc)
    window = {"startDate": begin.isoformat(), "endDate": end.isoformat()}
    rotation = {"id": "r", "name": "n", "order": 1.5, "periods": rows}
    return {"data": {**window, "_parent": {"name": "s"}, "finalTimeline": {"rotations": [rotation]}}}


def _recipient_ids(period: Row) -> str:
    several = period.get("flattenedRecipients")
    people = [each for each in (several if isinstance(several, list) else []) if isinstance(each, dict)]
    one = period.get("recipient")
    known = [one] if isinstance(one, dict) and one.get("id") is not None else people
    return ",".join(str(each["id"]) for each in known if each.get("id") is not None)


def _filtered(rows: list[Row], query: str) -> list[Row]:
    bounds = re.findall(r"createdAt (>=|<) (\d+)", query)
    return [row for row in rows if all(_holds(to_millis(row["createdAt"]) or 0, *bound) for bound in bounds)]


def _holds(created: int, comparison: str, bound: str) -> bool:
    return created >= int(bound) if comparison == ">=" else created < int(bound)


def _place(field: str, row: Any) -> tuple[int, str]:
    value = row.get(field) if isinstance(row, dict) else None
    return (to_millis(value) or 0 if field.endswith("At") else 0, json.dumps(value))


def _names(value: object) -> bool:
    """Return whether a parent can be asked for by a value."""
    return value not in ("", ".", "..") if isinstance(value, str) else type(value) is int
