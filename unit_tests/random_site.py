"""A migrated account that nobody planned: samples of Atlassian's document in lists of any length and form.

Pages are cut anywhere, links have any of their forms, alerts change while they are read, and now and then an answer is
none. Every row has a mark of its own, by which it is known again in whatever columns it comes out.
"""

from __future__ import annotations

import copy
import json
import random
import re
import threading
from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from unit_tests.simulated import NOW, millis, text

Row = dict[str, Any]
Params = dict[str, str]

PATH = Path(__file__).parents[1] / "integration_tests" / "sandbox" / "jsm" / "samples.json"
SAMPLES: dict[str, Any] = {name: sample["answer"] for name, sample in json.loads(PATH.read_text()).items()}

CONFIG: Row = {
    "api_token": "ATATT3xFfGF0invented",
    "jira_service_management": {"site": "acme.atlassian.net", "email": "me@acme.com", "organization_id": "acme"},
    "start_date": "2026-09-15T00:00:00Z",
}
MARK = "mark"
OWNER = "owner"
CREATED = millis("2026-10-01T00:00:00Z")
DAY = 86_400_000

LINKS = ("/v1/x", "/api/cloud/v1/x", "/logs", "url", "https://elsewhere.example/jsm/ops/api/cloud/v1/x")
ENDS: tuple[Row, ...] = ({}, {"links": {}}, {"links": {"next": None}})
MOST_FAULTS = 2  # of one address: less than anybody gives up after
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

# Lists in the usual envelope: of the site, and below the rows of another list, each with its sample.
LISTS = {
    "integrations": ("/v1/integrations", "integrations"),
    "custom_user_roles": ("/v1/roles", "custom_user_roles"),
    "forwarding_rules": ("/v1/forwarding-rules", "forwarding_rules"),
    "maintenance": ("/v1/maintenances", "global_maintenances"),
    "alert_policies": ("/v1/alerts/policies", "alert_policies"),
    "syncs": ("/v1/syncs", "syncs"),
    "jec_channels": ("/v1/jec/channels", "jec_channels"),
    "schedules": ("/v1/schedules", "schedules"),
    "notification_rules": ("/v1/notification-rules", "notification_rules"),
}
BELOW = (
    ("teams", "teamId", "escalations", "/v1/teams/{}/escalations", "escalations"),
    ("teams", "teamId", "heartbeats", "/v1/teams/{}/heartbeats", "heartbeats"),
    ("teams", "teamId", "maintenance", "/v1/teams/{}/maintenances", "team_maintenances"),
    ("teams", "teamId", "team_routing_rules", "/v1/teams/{}/routing-rules", "team_routing_rules"),
    ("teams", "teamId", "alert_policies", "/v1/teams/{}/policies?alert", "team_policies_alert"),
    ("teams", "teamId", "notification_policies", "/v1/teams/{}/policies?notification", "team_policies_notification"),
    ("teams", "teamId", "team_roles", "/v1/teams/{}/roles", "team_roles"),
    ("teams", "teamId", "team_members", "/v1/org/acme/teams/{}/members", "platform_team_members"),
    ("integrations", "id", "integration_actions", "/v1/integrations/{}/actions", "integration_actions"),
    ("syncs", "id", "sync_actions", "/v1/syncs/{}/actions", "sync_actions"),
    ("syncs", "id", "sync_action_groups", "/v1/syncs/{}/action-groups", "sync_action_groups"),
    ("schedules", "id", "schedule_overrides", "/v1/schedules/{}/overrides", "schedule_overrides"),
    ("users", "accountId", "contacts", "/v1/users/contacts?{}", "contacts"),
    *(
        ("alerts", "id", f"alert_{part}", f"/v1/alerts/{{}}/{part}", f"alert_{part}")
        for part in ("logs", "notes", "attachments")
    ),
)
# What stands inside a row of another list.
INSIDE = {"schedules": ("rotations", "schedule_rotations"), "notification_rules": ("steps", "notification_rule_steps")}
IDS = ("id", "teamId", "accountId", "alias", "name")


class RandomSite:
    """Answers every call of a sync.

    Attributes:
        config: what a sync of it is configured with, beside `CONFIG`.
        now: the time by the site's clock, in epoch milliseconds.
        churn: how likely a call changes an alert.
        fails: how likely a call is answered by nothing of use.
        rows: the rows of each list, by its path.
        streams: the paths of each stream's lists.
        calls: how often each address was asked for.
    """

    def __init__(self, seed: int, *, churn: float = 0.0, fails: float = 0.0) -> None:
        self.random = random.Random(seed)  # noqa: S311 - no secret
        self.config: Row = {}
        self.now = NOW
        self.churn, self.fails = churn, fails
        self.size = self.random.randint(1, 4)
        self.link, self.end = self.random.choice(LINKS), self.random.choice(ENDS)
        self.sort = self.random.choice(["honoured", "ignored", "400", "422"])
        self.groups = self.random.choice(["bare", "values"])
        self.rows: dict[str, list[Row]] = {}
        self.streams: dict[str, list[str]] = defaultdict(list)
        self.calls: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._marks = count(1)
        self._lock = threading.Lock()
        self._fill()

    # What it holds.

    def _fill(self) -> None:
        for stream, (path, sample) in LISTS.items():
            self._list(stream, path, SAMPLES[sample]["values"])
        self._list("teams", "/v1/teams", SAMPLES["teams"]["platformTeams"])
        self._list("users", "/users", SAMPLES["jira_users"])
        self.rows["/users"].append(self._made({"accountId": OWNER, "accountType": "atlassian"}))
        self._list("services", "/services", SAMPLES["services"]["services"])
        self._list("alerts", "/v1/alerts", [])
        for _ in range(self.random.randint(0, 12)):
            self._alert(CREATED + self.random.randint(0, 5))
        for stream, (name, inner) in INSIDE.items():
            for row in self._of(stream):
                inside = SAMPLES[inner]["values"]
                row[name] = self.rows[f"{inner} of {row['id']}"] = [self._made(each) for each in self._some(inside)]
                self.streams[inner].append(f"{inner} of {row['id']}")
        for parents, key, stream, path, sample in BELOW:
            for parent in filter(_is_person, self._of(parents)):
                self._below(stream, path.format(parent[key]), sample)
        self._list("audit_logs", "/v1/logs", SAMPLES["audit_logs"]["values"])
        for row in self.rows["/v1/logs"]:
            row["created"] = text(NOW - self.random.randint(0, 40 * DAY) - 1)
        for row in self._of("schedules"):
            for stream, part in (("on_calls", "on-calls"), ("next_on_calls", "next-on-calls")):
                self._add(stream, f"/v1/schedules/{row['id']}/{part}", [self._made(SAMPLES[f"schedule_{stream}"])])
            self._add("schedule_timelines", f"/v1/schedules/{row['id']}/timeline", self._periods())

    def _list(self, stream: str, path: str, samples: list[Row]) -> None:
        self._add(stream, path, [self._made(each) for each in self._some(samples)])

    def _below(self, stream: str, path: str, sample: str) -> None:
        answer = SAMPLES[sample]
        self._list(stream, path, answer if isinstance(answer, list) else answer.get("values") or answer["results"])

    def _add(self, stream: str, path: str, rows: list[Row]) -> None:
        self.rows[path] = rows
        self.streams[stream].append(path)

    def _some(self, samples: list[Row]) -> list[Row]:
        return [self.random.choice(samples) for _ in range(self.random.choice([0, 1, 2, 3, 9]))] if samples else []

    def _made(self, sample: Row) -> Row:
        """Make a row of a sample: with ids of its own, and now and then without a field or with an odd one."""
        row, mark = copy.deepcopy(sample), next(self._marks)
        for name in IDS:
            if name in row and row[name] != OWNER:
                row[name] = f"{name} {mark}%"
        for name in [each for each in row if each not in {*IDS, "accountType", "values"}]:
            if self.random.random() < 0.05 and "oncall" not in name.lower():
                row[name] = self.random.choice([None, 7, "odd", [], {}])
        return {**row, MARK: mark}

    def _alert(self, created: int) -> Row:
        row = self._made(self.random.choice(SAMPLES["alerts"]["values"]))
        updated = min(created + self.random.randint(0, 3), self.now)
        row |= {"createdAt": text(created), "updatedAt": text(updated), "status": "open"}
        if self.random.random() < 0.5:
            row = {name: value for name, value in row.items() if name not in {"description", "extraProperties"}}
        self.rows["/v1/alerts"].append(row)
        return row

    def _periods(self) -> list[Row]:
        moments = [NOW - self.random.randint(1, 60) * DAY for _ in range(self.random.randint(0, 4))]
        return [
            {"startDate": text(at - 1000), "endDate": text(at), "type": "historical", MARK: next(self._marks)}
            for at in moments
        ]

    def _of(self, stream: str) -> list[Row]:
        return [row for path in self.streams[stream] for row in self.rows[path]]

    def marks(self, stream: str) -> Counter[int]:
        """Count the rows of a stream by their marks."""
        since = millis(CONFIG["start_date"])
        rows = self._of(stream)
        if stream == "audit_logs":
            rows = [row for row in rows if millis(row["created"]) >= since]
        return Counter(row[MARK] for row in filter(_is_person, rows))

    # What happens in it.

    def _happen(self) -> None:
        self.now += self.random.randint(0, 2)
        if self.random.random() >= self.churn:
            return
        alerts = self.rows["/v1/alerts"]
        if not alerts or self.random.random() < 0.1:  # fewer than can be read meanwhile
            row = self._alert(self.now)
            for part in ("logs", "notes", "attachments"):
                self._below(f"alert_{part}", f"/v1/alerts/{row['id']}/{part}", f"alert_{part}")
            return
        row = self.random.choice(alerts)
        if self.random.random() < 0.1 and len(alerts) > 1:  # a list that turns empty stands for a right that was lost
            alerts.remove(row)
            for part in ("logs", "notes", "attachments"):
                self.rows[f"/v1/alerts/{row['id']}/{part}"] = []
            return
        for part in ("logs", "notes"):
            added = self._made(SAMPLES[f"alert_{part}"]["values"][0])
            self.rows[f"/v1/alerts/{row['id']}/{part}"].append(added)
        # A row of its own: what was answered before does not change.
        alerts[alerts.index(row)] = {
            **row,
            "updatedAt": text(self.now),
            "status": self.random.choice(["open", "closed"]),
        }

    # How it answers.

    def answer(self, request: Any, context: Any) -> bytes:
        """Answer one call."""
        parts = urlsplit(request.url)
        params = dict(parse_qsl(parts.query, keep_blank_values=True))
        if request.method == "POST":
            params |= {name: str(value) for name, value in json.loads(request.body).items()}
        with self._lock:
            self.calls[request.url] += 1
            self._happen()
            context.headers["Date"] = (EPOCH + timedelta(milliseconds=self.now)).strftime("%a, %d %b %Y %H:%M:%S GMT")
            address = f"{request.url} {request.body}"
            if self.random.random() < self.fails and self._failed[address] < MOST_FAULTS:
                self._failed[address] += 1
                return self._fault(context)
            body = self._answer(parts.path, params)
            if isinstance(body, int):
                context.status_code = body
                return b'{"message": "No."}'
            return json.dumps(body).encode()

    def _fault(self, context: Any) -> bytes:
        fault = self.random.choice(["500", "502", "503", "429", "429 told", "cut", "html", "empty", "other", "list"])
        if fault[:3].isdigit():
            context.status_code = int(fault[:3])
        if fault == "429 told":
            context.headers["Retry-After"] = "2"
        return {
            "cut": b'{"values": [{"id"',
            "html": b"<!doctype html><html></html>",
            "empty": b"",
            "other": b"{}",
            "list": b"[1, 2]",
        }.get(fault, b'{"message": "It broke."}')

    def _answer(self, path: str, params: Params) -> Any:
        if path.endswith("tenant_info"):
            return {"cloudId": "cloud"}
        if path.endswith("/myself"):
            return {"accountId": OWNER}
        if path.endswith("/users/search"):
            start = int(params.get("startAt", "0"))
            return self.rows["/users"][start : start + self.size]
        if path.endswith("/services/"):
            page, following = self._cut(self.rows["/services"], int(params.get("offset", "0")))
            return {"services": page, "pagination": {"hasNext": following is not None}}
        if path.startswith("/public/teams"):
            return self._organization(path.removeprefix("/public/teams"), params)
        return self._operations(unquote(path.removeprefix("/jsm/ops/api/cloud")), params)

    def _organization(self, path: str, params: Params) -> Row:
        if path.endswith("/members"):
            page, following = self._cut(self.rows[unquote(path)], int(params.get("after", "0")))
            more = following is not None
            return {"results": page, "pageInfo": {"hasNextPage": more, "endCursor": str(following) if more else None}}
        page, following = self._cut(self.rows["/v1/teams"], int(params.get("cursor", "0")))
        cursor = None if following is None else str(following)
        return {"entities": [{**row, "description": "d"} for row in page], "cursor": cursor}

    def _operations(self, path: str, params: Params) -> Any:
        whole = {"/v1/alerts": self._alerts, "/v1/logs": self._logs}
        if path in whole:
            return whole[path](params)
        key = params.get("targetAccountId", params.get("type"))
        path = f"{path}?{key}" if f"{path}?{key}" in self.rows else path
        rows = self.rows.get(path)
        return self._single(path) if rows is None else self._listed(path, rows, params)

    def _listed(self, path: str, rows: list[Row], params: Params) -> Any:
        part = path.rpartition("/")[2]
        if path == "/v1/teams":
            return {"platformTeams": rows}
        if part in {"on-calls", "next-on-calls"}:
            return rows[0]
        if part == "timeline":
            return self._timeline(rows, params["date"][:7])
        if (part == "roles" and path != "/v1/roles") or (part == "action-groups" and self.groups == "bare"):
            return rows
        if path.startswith("/v1/alerts/") and part in {"logs", "notes", "attachments"}:
            # The cursor is a mark, because rows may be added meanwhile.
            begin = next((at for at, row in enumerate(rows, 1) if str(row[MARK]) == params.get("after")), 0)
            page, following = self._cut(rows, begin)
            return self._page(page, params, None if following is None else {"after": page[-1][MARK]})
        page, following = self._cut(rows, int(params.get("offset", "0")))
        return self._page(page, params, None if following is None else {"offset": following})

    def _single(self, path: str) -> Row | int:
        """Answer with a single object, which says as much as its list, or say that there is none."""
        identity = path.rpartition("/")[2]
        return next((row for rows in self.rows.values() for row in rows if row.get("id") == identity), 404)

    def _alerts(self, params: Params) -> Row | int:
        rows = self.rows["/v1/alerts"]
        for sign, bound in re.findall(r"createdAt (>=|<) (\d+)", params.get("query", "")):
            rows = [row for row in rows if (millis(row["createdAt"]) >= int(bound)) is (sign == ">=")]
        by = params.get("sort", "insertedAt")
        if by == "updatedAt" and self.sort.isdigit():
            return int(self.sort)
        if by == "insertedAt" or (by == "updatedAt" and self.sort == "ignored"):
            by = "createdAt"
        rows = sorted(rows, key=lambda row: (millis(row[by]), row["id"]), reverse=params.get("order", "desc") == "desc")
        size, begin = int(params.get("size", "20")), int(params.get("offset", "0"))
        page, following = self._cut(rows, begin, min(size, 2 * self.size + 1))
        answer = self._page(page, params, None if following is None else {"offset": following})
        return {**answer, "count": len(rows)}

    def _logs(self, params: Params) -> Row | int:
        start, end = (millis(params[name]) for name in ("startTime", "endTime"))
        rows = [row for row in self.rows["/v1/logs"] if start <= millis(row["created"]) <= end]
        limit = int(params.get("limit", "1000"))
        if not 1000 <= limit <= 5000 or not self.now - 180 * DAY <= start < end:
            return 400
        page, following = self._cut(rows, int(params.get("pageToken", "0")), min(self.size, limit))
        return self._page(page, params, None if following is None else {"pageToken": following})

    def _timeline(self, rows: list[Row], month: str) -> Row:
        year, number = map(int, month.split("-"))
        begin = datetime(year, number, 1, tzinfo=timezone.utc)
        end = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=timezone.utc)
        periods = [row for row in rows if begin <= datetime.fromisoformat(row["endDate"].replace("Z", "+00:00")) < end]
        layers: Row = {f"{layer}Timeline": {"rotations": []} for layer in ("base", "override", "forwarding")}
        window = {"startDate": begin.isoformat(), "endDate": end.isoformat()}
        return {**window, "finalTimeline": {"rotations": [{"id": "r", "periods": periods}]}, **layers}

    def _cut(self, rows: list[Row], begin: int, size: int = 0) -> tuple[list[Row], int | None]:
        end = begin + (size or self.size)
        return rows[begin:end], end if end < len(rows) else None

    def _page(self, page: list[Row], params: Params, further: Row | None) -> Row:
        if further is None:
            return {"values": page, **self.end}
        return {"values": page, "links": {"next": f"{self.link}?{urlencode({**params, **further})}"}}


def _is_person(row: Row) -> bool:
    """Return whether a row is a person's account, not that of an app or of a portal's customer."""
    return row.get("accountType") in (None, "atlassian")
