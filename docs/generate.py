"""Writes the parts of the documentation that follow from the code.

`python docs/generate.py` writes them, `--check` tells by its exit code whether they are current, `--json` prints the
facts themselves.
"""

from __future__ import annotations

import json
import re
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # `archive` is not installed

import columns
import erd
import notice

from source_opsgenie import catalog
from source_opsgenie.config import Config
from source_opsgenie.jsm import catalog as jsm_catalog
from source_opsgenie.jsm import context as jsm_context
from source_opsgenie.jsm.paging import AUDIT_PAGE
from source_opsgenie.jsm.streams.base import JsmStream
from source_opsgenie.opsgenie.catalog import create_streams
from source_opsgenie.opsgenie.context import context_of
from source_opsgenie.opsgenie.limits import Domain
from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.history_sub_stream import HistorySubStream
from source_opsgenie.streams.sub_stream import SubStream

DOCS = Path(__file__).parent
CONFIG = Config.parse({"api_token": "no-key-at-all"})
JSM_CONFIG = Config.parse({"api_token": "no-key-at-all", "jira_service_management": {"site": "acme.atlassian.net"}})
README = DOCS.parent / "README.md"
TERRAFORM = DOCS.parent / "examples" / "terraform" / "main.tf"

# Streams whose calls need no Configuration Access, and those that a team's key may not make ("Access Management"), nor
# those of their child streams.
READ_IS_ENOUGH = frozenset({Domain.ALERT, Domain.SEARCH, Domain.INCIDENT})
ACCOUNT_KEY_ONLY = frozenset(
    {"users", "forwarding_rules", "account", "request_limits", "custom_user_roles", "log_files"}
)
CONFIGURATION_ALL_THE_SAME = frozenset({"users", "incident_timeline_entries"})

# What the streams need that only JSM Operations has: a scope, if the token has scopes, and some of them a role.
SCOPE = "read:ops-config:jira-service-management"
ROLES = {"audit_logs": "an admin of the organization, of the site or of Jira Service Management"}

SPECIAL_COSTS = {
    "incidents": "about one per 100 rows, at every sync",
    "services": "about one per 100 rows; twice that if there are more than 100",
    "alert_policies": "one, one per team, and one per row",
    "schedule_timelines": "one per schedule and month",
    "schedule_rotations": "none: they come with schedules",
    "notification_rule_steps": "none beyond those of notification_rules",
    "audit_logs": f"one per day (more beyond {AUDIT_PAGE} rows)",
}


@dataclass(frozen=True)
class Facts:
    """What a user wants to know of a stream before selecting it."""

    stream: str
    contents: str
    endpoint: str
    mode: str
    cursor: str
    key: str
    parent: str
    domain: str
    calls: str
    needs: str
    why: str


def streams() -> list[ApiStream]:
    """Return all streams, in the order of the catalog."""
    return create_streams(context_of(CONFIG, threading.Event()))


def facts() -> list[Facts]:
    """Return the facts of all streams."""
    return [_facts_of(stream) for stream in streams()]


def facts_of_jsm() -> list[Facts]:
    """Return the facts of the streams that only JSM Operations has."""
    names = {stream.name for stream in streams()}
    every = jsm_catalog.create_streams(jsm_context.context_of(JSM_CONFIG, threading.Event()))
    return [_facts_of(stream) for stream in every if stream.name not in names]


def _facts_of(stream: ApiStream) -> Facts:
    incremental = stream.supports_incremental
    return Facts(
        stream=stream.name,
        contents=" ".join((stream.__doc__ or "").split("\n\n")[0].split()),
        endpoint=f"/{stream.list_path}",
        mode="incremental" if incremental else "full refresh",
        cursor=str(stream.cursor_field) if incremental else "",
        key=", ".join(stream.primary_key),
        parent=stream.parent.name if isinstance(stream, SubStream) else "",
        domain=stream.lane,
        calls=_calls(stream),
        needs=_needs(stream),
        why="" if incremental else stream.full_refresh_because,
    )


def _calls(stream: ApiStream) -> str:
    if stream.name in SPECIAL_COSTS:
        return SPECIAL_COSTS[stream.name]
    limit = stream.pager.limit
    if isinstance(stream, SubStream):
        parent = stream.parent.name.removesuffix("s")
        cost = f"one per {parent}"
        if isinstance(stream, HistorySubStream):
            changed = f"{parent} that changed or is not closed" if stream.parent.rereads_open else f"changed {parent}"
            cost += f", later one per {changed}"
        cost += f" (more beyond {limit} rows)" if limit else ""
    else:
        cost = f"about one per {limit} rows" if limit else "one"
    cost += ", and one per row" if stream.detail_path is not None else ""
    return cost + (", and one per file if files are included" if stream.is_file_based else "")


def _needs(stream: ApiStream) -> str:
    if isinstance(stream, JsmStream):
        return "; ".join([SCOPE, *filter(None, [ROLES.get(stream.name)])])
    needs = ["Read"]
    if stream.domain not in READ_IS_ENOUGH or stream.name in CONFIGURATION_ALL_THE_SAME:
        needs.append("Configuration Access")
    if _is_of_the_account(stream):
        needs.append("a key of the account")
    elif isinstance(stream, SubStream) and stream.global_owner:
        needs.append(f"for the rows of {stream.global_owner}, a key of the account")
    if stream.plan:
        needs.append(f"plan: {stream.plan}")
    return "; ".join(needs)


def _is_of_the_account(stream: ApiStream) -> bool:
    above = isinstance(stream, SubStream) and _is_of_the_account(stream.parent)
    return above or stream.name in ACCOUNT_KEY_ONLY


def page() -> str:
    """Write the page of streams."""
    rows, rows_of_jsm = facts(), facts_of_jsm()
    lines = [
        "# Streams",
        "",
        "Made from the code by `docs/generate.py`; do not edit.",
        "",
        f"{_number_of_streams()} to JSM Operations.",
        "A stream that the key or the plan does not include is [skipped](opsgenie.md#what-is-skipped); the others",
        "continue. *Calls* are those of a first sync; *domain* is the part of Opsgenie's rate limits that they use up.",
        "The name of a stream leads to its columns.",
        "",
        *_table(rows),
        "",
        "## Streams that only JSM Operations has",
        "",
        "They are read once the account has moved; [jsm.md](jsm.md) says what differs in the other streams. Endpoints",
        "are below the address of JSM Operations. Atlassian publishes neither its rate limits nor how many rows a page",
        "of most of these lists has, so a long list may take more calls. A token with scopes needs the scope below.",
        "",
        *_table(rows_of_jsm),
        "",
        "## Why some streams are read in full at every sync",
        "",
    ]
    reasons: dict[str, list[str]] = {}
    for row in (*rows, *rows_of_jsm):
        if row.why:
            reasons.setdefault(row.why, []).append(row.stream)
    lines += [f"- {', '.join(names)}: {reason}" for reason, names in reasons.items()]
    return "\n".join(lines) + "\n"


def _table(rows: list[Facts]) -> list[str]:
    places = columns.place_of(streams())
    return [
        "| stream | contents | endpoint | mode | cursor | primary key | parent | domain | calls | needs |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        *(
            f"| [{row.stream}]({places.get(row.stream, f'columns/{columns.JSM_FILE}#{row.stream}')}) | {row.contents} "
            f"| `{row.endpoint}` | {row.mode} | {row.cursor} | {row.key} | {row.parent} | {row.domain} | {row.calls} "
            f"| {row.needs} |"
            for row in rows
        ),
    ]


def _number_of_streams() -> str:
    own, everything = len(streams()), len(catalog.streams_of(CONFIG, threading.Event()))
    return f"{own} streams, and {everything - own} more after the move"


def terraform() -> str:
    """Write the names of the streams into the Terraform example, by mode."""
    text = TERRAFORM.read_text()
    for mode in ("incremental", "full_refresh"):
        names = "".join(f'    "{each.stream}",\n' for each in facts() if each.mode == mode.replace("_", " "))
        text = re.sub(rf"(^  {mode} = \[\n).*?(^  \])", rf"\g<1>{names}\g<2>", text, flags=re.DOTALL | re.MULTILINE)
    return text


def readme() -> str:
    """Write the table of streams and their number into the README."""
    rows = []
    for group, modules in erd.GROUPS.items():
        drawn = [stream for stream in streams() if type(stream).__module__.rpartition(".")[2] in modules]
        names = [f"**{stream.name}**" if stream.supports_incremental else stream.name for stream in drawn]
        rows.append(f"| {group} | {', '.join(names)} |\n")
    text = re.sub(r"\b\d+ streams, and \d+ more after the move", _number_of_streams(), README.read_text())
    return re.sub(r"(\| group \| streams \|\n.*\n)(\|.*\n)*", lambda found: found[1] + "".join(rows), text)


def main(arguments: list[str]) -> int:
    """Write the pages, or tell whether they are current."""
    if "--json" in arguments:
        sys.stdout.write(json.dumps([asdict(row) for row in facts()]))
        return 0
    diagrams = erd.page(streams(), columns.links())
    pages = {DOCS / "streams.md": page(), DOCS / "erd.md": diagrams, TERRAFORM: terraform(), README: readme()}
    pages[notice.ROOT / "NOTICE"] = notice.page()
    everything = catalog.streams_of(CONFIG, threading.Event())
    pages |= {DOCS / "columns" / name: text for name, text in columns.pages(streams(), everything).items()}
    if "--check" in arguments:
        return 0 if all(path.exists() and path.read_text() == text for path, text in pages.items()) else 1
    for path, text in pages.items():
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
