"""Draws how the streams are related, from their keys, their parents' columns and the ids inside their rows.

Which stream an id belongs to is not in the schema: the tables below tell it, by the column's path. A path that they do
not know raises, so that no new id goes unexplained.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from pydantic import BaseModel

from archive.views import column_of
from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.sub_stream import SubStream

INTRODUCTION = """\
# How the streams are related

Made from the code by `docs/generate.py`; do not edit.

Each box is a stream with the columns that matter for joins: `PK` is part of the primary key, `FK` holds an id of
another stream. A line is labelled with the column that holds the id. Columns inside objects are written with a dot
(`ownerteam.id`), and `[]` means that the column is a list. Boxes without columns have them in another diagram. Columns
have their names in the warehouse, where PyAirbyte writes them in lower case.

All columns, with a description and a query for each table: {columns}.
"""

USERNAMES = """\
## Usernames in place of ids

`owner` of alerts, and `acknowledgedBy` and `closedBy` inside their `report`, hold usernames: join with
`users.username`.
"""

# Streams are drawn together that are kept together in `source_opsgenie/streams`.
GROUPS = {
    "Alerts": ("alerts",),
    "Incidents and services": ("incidents", "services"),
    "Users": ("users",),
    "Teams and policies": ("teams", "policies"),
    "Schedules": ("schedules",),
    "Integrations and the account": ("integrations", "account", "log_files"),
}

# Columns that hold an id of one stream, whatever the stream they are in. Those with the parent's id are known already.
REFERENCES = {
    "alert_id": "alerts",
    "user_id": "users",
    "team_id": "teams",
    "teamId": "teams",
    "ownerTeam": "teams",
    "ownerTeam.id": "teams",
    "ownerTeamId": "teams",
    "assignedTeam.id": "teams",
    "teams[].id": "teams",
    "schedule_id": "schedules",
    "rotation_id": "schedule_rotations",
    "serviceId": "services",
    "impactedServices[]": "services",
    "integration.id": "integrations",
    "owner.id": "users",
    "fromUser.id": "users",
    "toUser.id": "users",
    "role.id": "custom_user_roles",
    "responder.teams[]": "teams",
    "responder.individuals[]": "users",
    "stakeholder.individuals[]": "users",
    "responders.teams[]": "teams",
    "responders.users[]": "users",
    "stakeholders.users[]": "users",
    "maintenanceSources[].maintenanceId": "maintenance",
    "sync_id": "syncs",
    "actionGroupId": "sync_action_groups",
}

# Columns that are called `id`, or after something else, in one stream only.
REFERENCES_OF = {
    "alert_details": {"id": "alerts"},
    "user_teams": {"id": "teams"},
    "user_schedules": {"id": "schedules"},
    "user_escalations": {"id": "escalations"},
    "notification_rules": {"schedules[].id": "schedules"},
    "schedule_overrides": {"rotations[].id": "schedule_rotations"},
}

# Columns whose id belongs to a user, a team, an escalation or another stream, as the `type` beside it says.
TYPED = frozenset(
    {
        "responders[].id",
        "recipients[].id",
        "recipient.id",
        "recipient_id",
        "flattenedRecipients[].id",
        "participants[].id",
        "rotations[].participants[].id",
        "rules[].recipient.id",
        "rules[].entity.id",
        "notify.id",
        "onCallParticipants[].id",
        "onCallParticipants[].forwardedFrom.id",
        "nextOnCallRecipients[].id",
        "exactNextOnCallRecipients[].id",
    }
)
TYPED_OF = {"schedule_overrides": frozenset({"user.id"})}

# Ids without a stream of their own: numbers of other systems, and what a column of the same row says already.
NO_REFERENCE = frozenset(
    {
        "tinyId",
        "_parent.id",
        "steps[]._parent.id",
        "steps[].id",
        "rotations[].id",
        "user.id",
        "awsSmActionChannel.accountId",
        "awsSnsActionChannel.accountId",
        "ownerId",
        "authorAccountId",
    }
)

# Part of a key, and yet empty at times.
MAY_BE_EMPTY = frozenset({"rotation_id"})

# Ids in columns that are not called so.
UNNAMED = frozenset({"ownerTeam", "impactedServices[]", "teams[]", "individuals[]", "users[]"})


@dataclass(frozen=True)
class Reference:
    """A column that holds an id of another stream."""

    column: str
    target: str

    @property
    def many(self) -> bool:
        """Whether a row holds several."""
        return "[]" in self.column


def page(streams: Sequence[ApiStream], columns: str = "") -> str:
    """Write the page; `columns` are the links to the pages of columns."""
    lines = [INTRODUCTION.format(columns=columns)]
    for title, drawn in groups(streams).items():
        lines += [f"## {title}", "", *_diagram(drawn), ""]
    lines += [
        "## Ids of objects of several types",
        "",
        "They belong to a user, a team, an escalation, a schedule or another object: join with the stream that the",
        "`type` of the same object names. For `recipient_id`, use the `type` of `recipient`.",
        "",
        "| stream | column |",
        "| --- | --- |",
    ]
    for stream in streams:
        typed = [path for path in _id_paths(stream.record) if _is_typed(stream.name, path)]
        if typed:
            lines.append(f"| {stream.name} | {', '.join(f'`{in_warehouse(path)}`' for path in typed)} |")
    lines += ["", USERNAMES, "## Everything at once", "", *_overview(streams)]
    return "\n".join(lines) + "\n"


def groups(streams: Sequence[ApiStream]) -> dict[str, list[ApiStream]]:
    """Return the streams that are drawn together, by title."""
    return {title: [stream for stream in streams if _module_of(stream) in modules] for title, modules in GROUPS.items()}


def in_warehouse(path: str) -> str:
    """Return the path of a value with its column's name as PyAirbyte writes it; inside JSON, names stay as they are."""
    name, dot, inner = path.partition(".")
    column = name.removesuffix("[]")
    return f"{column_of(column)}{name.removeprefix(column)}{dot}{inner}"


def references(stream: ApiStream) -> list[Reference]:
    """Return the references of a stream, in the order of its columns.

    Raises:
        LookupError: a column holds an id that the tables above do not explain.
    """
    found = []
    own = {**_parent_ids(stream), **REFERENCES_OF.get(stream.name, {})}
    for path in _id_paths(stream.record):
        target = own.get(path) or REFERENCES.get(path)
        if target is not None and not _is_typed(stream.name, path):
            found.append(Reference(path, target))
        elif not (_is_typed(stream.name, path) or path in NO_REFERENCE or path == "id"):
            raise LookupError(f"{stream.name}: no table of docs/erd.py explains the id in {path}")
    return found


def _parent_ids(stream: ApiStream) -> dict[str, str]:
    """Return the columns that hold the parent's id, each with the parent's name."""
    if isinstance(stream, SubStream):
        return {column: stream.parent.name for column, field in stream.parent_columns.items() if field == "id"}
    return {}


def _module_of(stream: ApiStream) -> str:
    return type(stream).__module__.rpartition(".")[2]


def _is_typed(stream: str, path: str) -> bool:
    return path in TYPED or path in TYPED_OF.get(stream, frozenset())


def _id_paths(model: type[BaseModel]) -> list[str]:
    return [path for path in _paths(model) if path.lower().endswith("id") or path.split(".")[-1] in UNNAMED]


def _paths(model: type[BaseModel], above: tuple[type[BaseModel], ...] = ()) -> Iterator[str]:
    """Yield the paths of all values inside a row. A part inside itself is not gone into again."""
    for name, field in model.model_fields.items():
        path = (field.alias or name) + ("[]" if _is_list(field.annotation) else "")
        inside = [part for part in _parts(field.annotation) if part not in above]
        if not inside and not list(_parts(field.annotation)):
            yield path
        for part in inside:
            yield from (f"{path}.{rest}" for rest in _paths(part, (*above, part)))


def _parts(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _parts(argument)


def _is_list(annotation: object) -> bool:
    return any(getattr(each, "__origin__", None) is list for each in (annotation, *get_args(annotation)))


def _diagram(streams: Sequence[ApiStream]) -> list[str]:
    lines = ["```mermaid", "erDiagram"]
    for stream in streams:
        lines += [f"    {stream.name} {{", *(f"        {column}" for column in _columns(stream)), "    }"]
    lines += [f"    {line}" for stream in streams for line in _lines(stream)]
    return [*lines, "```"]


def _overview(streams: Sequence[ApiStream]) -> list[str]:
    """Draw all streams with one line from each to each that it refers to."""
    lines = ["```mermaid", "erDiagram"]
    lines += [f"    {stream.name}" for stream in streams]
    for stream in streams:
        targets: dict[str, list[Reference]] = {}
        for reference in references(stream):
            targets.setdefault(reference.target, []).append(reference)
        for target, together in targets.items():
            kinds = {_cardinality(stream, reference) for reference in together}
            kind = kinds.pop() if len(kinds) == 1 else "}o--o{"
            lines.append(
                f'    {target} {kind} {stream.name} : "{", ".join(in_warehouse(each.column) for each in together)}"'
            )
    return [*lines, "```"]


def _columns(stream: ApiStream) -> list[str]:
    """Return the columns of the key, those that refer to others, and the cursor; Mermaid knows no dots in them."""
    schema = stream.get_json_schema()["properties"]
    foreign = {reference.column for reference in references(stream) if reference.column in schema}
    names = [*stream.primary_key, *sorted(foreign - set(stream.primary_key), key=list(schema).index)]
    if stream.supports_incremental and stream.cursor_field not in names:
        names.append(str(stream.cursor_field))
    columns = []
    for name in names:
        marks = [mark for mark, held in (("PK", name in stream.primary_key), ("FK", name in foreign)) if held]
        note = ' "cursor"' if stream.supports_incremental and name == stream.cursor_field else ""
        columns.append(f"{type_of(schema[name])} {column_of(name)} {', '.join(marks)}".rstrip() + note)
    return columns


def type_of(schema: Mapping[str, object]) -> str:
    """Return the type of a column, in a word."""
    types = schema["type"]
    kinds = [kind for kind in types if kind != "null"] if isinstance(types, list) else [types]
    return "timestamp" if schema.get("format") == "date-time" else str(kinds[0])


def _lines(stream: ApiStream) -> list[str]:
    return [
        f'{reference.target} {_cardinality(stream, reference)} {stream.name} : "{in_warehouse(reference.column)}"'
        for reference in references(stream)
    ]


def _cardinality(stream: ApiStream, reference: Reference) -> str:
    if reference.many:
        return "}o--o{"
    if [reference.column] == stream.primary_key:
        return "||--o|"
    in_key = reference.column in stream.primary_key and reference.column not in MAY_BE_EMPTY
    return "||--o{" if in_key else "|o--o{"
