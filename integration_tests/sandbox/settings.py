"""What can be changed while the server runs: the API's undocumented choices, limits, latency, plan."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Literal

from integration_tests.sandbox.jsm.settings import JsmSettings
from integration_tests.sandbox.limits import DOMAINS


@dataclass(frozen=True)
class Settings:
    """One value for each thing about which the real API is unsure, differs by account, or may be slow."""

    plan: Literal["Enterprise", "Standard", "Essentials", "Free"] = "Enterprise"
    account_name: str = "example"
    date: str = ""  # the header Date of each answer, in place of the account's time
    latency_ms: int = 0
    # Calls allowed a period, by domain: {"search": [[120, 60], [10, 1]]}; a domain left out is not limited.
    limits: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    throttle_headers: bool = True
    request_limits_visible: bool = True
    # What /v2/request-limits/ tells, where that is not what holds: a client on a fast clock counts other minutes.
    limits_told: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    # Beyond the window: a 422, or lists that end early without a word. Both are reported from the field.
    window: Literal["refuse", "silent"] = "refuse"
    window_size: int = 20_000
    oversize: Literal["refuse", "clamp"] = "refuse"
    # A filter on updatedAt is undocumented: refused as unknown, or accepted and of no use.
    updated_at_filter: Literal["refuse", "nothing", "everything"] = "refuse"
    alerts_sort_updated_at: Literal["supported", "ignored"] = "supported"
    incidents_sort_updated_at: Literal["supported", "400", "422", "ignored"] = "supported"
    incidents_total_count: bool = True
    notes_move_updated_at: bool = True  # of alerts and incidents; no source says whether they do
    timeline_last_offset: Literal["absent", "empty", "repeat"] = "absent"
    timeline_ids: Literal["own", "shared"] = "own"  # by two entries of one event
    # The link of the last page of logs, notes and bare ids: none, or the page itself. Of bare ids it may also lead to
    # ids that are known.
    last_link: Literal["absent", "itself", "known ids"] = "absent"
    # Whether pages without a row, which lead on, come between those of logs and notes, and of a timeline.
    empty_pages: bool = False
    # The envelope of action channels, or the status that refuses them: no source shows this list.
    action_channels: Literal[
        "array", "channels", "two lists", "400", "402", "403", "404", "405", "410", "422", "500", "501"
    ] = "array"
    # What an integration that is not advanced answers when asked for its actions: some, or a status.
    plain_integrations: Literal["actions", "400", "403", "422", "500"] = "actions"
    # What a team's key gets that asks for policies without naming its team.
    policies_without_team: Literal["400", "403", "422"] = "403"
    # A timeline begins with the week or month its date is in, with its day, or with the moment; a month of it is one of
    # the calendar, 30 days, or no more than a week; periods go beyond its ends, or are cut there.
    timeline_begins: Literal["unit", "day", "moment"] = "unit"
    timeline_months: Literal["calendar", "30 days", "week"] = "calendar"
    timeline_periods: Literal["whole", "cut"] = "whole"
    rotations_key_missing: bool = False  # the first schedule is listed without its rotations, asked for or not
    # What goes wrong, see faults.py: {"name": "503", "on": ["/v2/alerts"], "after": 1, "times": 3}
    fault: dict[str, Any] = field(default_factory=dict)
    # JSON text put before the rows of a list, by the endpoint's template, as no server should write it. In latin-1, so
    # that any byte can be sent. {"/v2/teams": "{\"id\": NaN}, \"no row\""}
    odd: dict[str, str] = field(default_factory=dict)
    # What another client of the account uses of a domain's limits, as a part of them: {"alert": 0.5}
    other_client: dict[str, float] = field(default_factory=dict)
    miscount: int = 0  # by so many the count of alerts is wrong
    # Changes that happen with each call, by target: {"alerts": 0.5, "incidents": 0.1}
    churn: dict[str, float] = field(default_factory=dict)
    # What is refused, by an endpoint's template or by one path: the status, one in how many paths gets it, and where
    # they matter the message and the code. {"/v2/teams/{teamId}/roles": [403, 2, "Not for you.", 40302]}
    refusals: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    # The documentation lists no parameter for incident templates.
    incident_templates: Literal["paged", "unpaged"] = "paged"
    # The name that every attached file has, in place of its own; and for how many seconds the address of a file lives.
    attachment_name: str = ""
    file_seconds: int = 300
    # Of the migrated account, see jsm/settings.py: {"jsm": {"sort_updated_at": "honoured"}}
    jsm: JsmSettings = field(default_factory=JsmSettings)

    CHOICES: ClassVar[dict[str, tuple[str, ...]]] = {
        "plan": ("Enterprise", "Standard", "Essentials", "Free"),
        "window": ("refuse", "silent"),
        "oversize": ("refuse", "clamp"),
        "updated_at_filter": ("refuse", "nothing", "everything"),
        "alerts_sort_updated_at": ("supported", "ignored"),
        "incidents_sort_updated_at": ("supported", "400", "422", "ignored"),
        "timeline_last_offset": ("absent", "empty", "repeat"),
        "timeline_ids": ("own", "shared"),
        "last_link": ("absent", "itself", "known ids"),
        "plain_integrations": ("actions", "400", "403", "422", "500"),
        "policies_without_team": ("400", "403", "422"),
        "timeline_begins": ("unit", "day", "moment"),
        "timeline_months": ("calendar", "30 days", "week"),
        "timeline_periods": ("whole", "cut"),
        "action_channels": (
            *("array", "channels", "two lists", "400", "402", "403", "404", "405", "410", "422", "500", "501"),
        ),
        "incident_templates": ("paged", "unpaged"),
    }

    def changed(self, changes: dict[str, Any]) -> Settings:
        """Return these settings with some changed; raise ValueError for a name or a choice that does not exist."""
        known = {each.name for each in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"There is no setting {name!r}.")
            if name in self.CHOICES and value not in self.CHOICES[name]:
                raise ValueError(f"{name} is one of {', '.join(self.CHOICES[name])}.")
        for domain in changes.get("limits", ()):
            if domain not in DOMAINS:
                raise ValueError(f"There is no domain {domain!r}.")
        if "jsm" in changes:
            changes = {**changes, "jsm": self.jsm.changed(changes["jsm"])}
        return replace(self, **changes)
