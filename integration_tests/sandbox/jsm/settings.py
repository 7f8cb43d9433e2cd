"""What can be changed of the migrated account while the server runs: what no document says, or two in two ways."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, get_args, get_type_hints

# Each has its own limits.
APIS = ("operations", "jira", "services", "teams")


@dataclass(frozen=True)
class JsmSettings:
    """One value for each thing about which JSM is unsure."""

    # No source says whether alerts, teams, schedules and the like keep their ids; users never do.
    ids: Literal["kept", "changed"] = "kept"
    # The schema gives the list what the single alert has; a report from the field says that description and
    # extraProperties are missing in it; the examples leave out what is empty.
    alert_list: Literal["full", "thin", "sparse"] = "full"
    # The schema knows open, acked, snoozed and closed; a report knows open and closed only.
    alert_status: Literal["five", "two"] = "five"
    # Undocumented, and sent by programs in use: in that order, without effect (the default order), or refused.
    sort_updated_at: Literal["honoured", "ignored", "400", "422"] = "ignored"
    query_updated_at: Literal["refuse", "nothing", "everything"] = "refuse"
    window_size: int = 20_000
    # A size beyond the documented one; where none is documented, beyond the default.
    oversize: Literal["refuse", "clamp"] = "refuse"
    # How many schedules, the first ones, are deleted as soon as a page of their list that is not the last was sent.
    schedules_deleted: int = 0
    short_pages: int = 0  # a page holds no more rows than this, whatever was asked for
    # Rows that the caller may not see: left out before a list is cut into pages, or of each page. A page may then be
    # empty though others follow it.
    unseen: Literal["before", "after"] = "before"
    # The five forms of links.next, as each endpoint has it or one for all, and what the last page has in its place.
    next_link: Literal["documented", "v1", "api", "bare", "url", "absolute"] = "documented"
    last_link: Literal["documented", "absent", "empty", "null"] = "documented"
    # An array in the document, so a parameter each; Opsgenie takes commas. The other form has no effect.
    expand: Literal["repeated", "commas"] = "repeated"
    # What may not lie more than a year back: the date asked for, or the begin of the month that it is in.
    timeline_bound: Literal["date", "start"] = "date"
    attachments: Literal["answered", "401", "403"] = "403"  # refused to tokens, says a report
    audit_text: Literal["message", "summary"] = "message"
    audit_ends: Literal["start", "both", "none"] = "start"  # which ends belong to the window
    action_groups: Literal["array", "values"] = "array"
    # The schema has an object with `platformTeams`; programs in use say that sites often send an array.
    teams: Literal["object", "array"] = "object"
    steps_in_list: bool = True  # the list of notification rules holds their steps
    # Calls allowed a period, by API: {"operations": [[600, 60]]}; an API left out is not limited.
    limits: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    throttle_headers: Literal["both", "retry-after", "x-ratelimit", "none"] = "both"
    # Opsgenie's own API after the migration: for up to 120 days as before, then turned off.
    opsgenie: Literal["readable", "401", "403"] = "readable"

    def changed(self, changes: dict[str, Any]) -> JsmSettings:
        """Return these settings with some changed; raise ValueError for a name or a choice that does not exist."""
        known = {each.name for each in fields(self)}
        types = get_type_hints(JsmSettings)
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"There is no setting 'jsm.{name}'.")
            choices = get_args(types[name])
            if isinstance(value, str) and value not in choices:
                raise ValueError(f"jsm.{name} is one of {', '.join(choices)}.")
        for api in changes.get("limits", ()):
            if api not in APIS:
                raise ValueError(f"There is no API {api!r}.")
        return replace(self, **changes)
