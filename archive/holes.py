"""Finds what is missing in the copy, according to the warnings of the connector.

A stream that was read to its end may still lack rows, because the API refused those of some teams, users or alerts. The
connector says so in a warning. A full-refresh stream is read anew in each run, and warns again. An incremental stream
does not read such rows again, and a table that cannot be read any more has no further run: the archive remembers their
warnings.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from archive import row_counts
from archive.origin import is_readable
from archive.plain import without_request_id
from archive.run import Run
from archive.store import SCHEMA, Store
from source_opsgenie.jsm.streams import alerts, timelines, users
from source_opsgenie.jsm.streams import base as jsm
from source_opsgenie.opsgenie.streams import incidents, log_files, services
from source_opsgenie.streams import base, checkpointed, history, history_sub_stream, resumed, skips
from source_opsgenie.streams import timelines as monthly
from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.sub_stream import SubStream

# The archive's own table of the warnings that it remembers.
TABLE = f"{SCHEMA}._archive_holes"

# What `checkpointed.WIDER_KEY` means in an archive.
NOT_SEEN_BEFORE = (
    "an earlier run could not read the account, as with a team's key, so older rows that only the present key can read "
    "may be missing."
)
# What `history_sub_stream.LATE_ROW` means for later runs of an archive.
ADDED_LATER = (
    "rows that were added to an alert or incident after an earlier run had read it may be missing, because they do not "
    "change its 'updatedAt'."
)


def pattern_of(*texts: str) -> re.Pattern[str]:
    """Return the pattern of warnings about one stream, from their texts, which have %s and %d for values."""
    after_name = (re.escape(text.removeprefix("%s: ")) for text in texts)
    any_of = "|".join(text.replace("%s", ".*?").replace("%d", r"\d+") for text in after_name)
    return re.compile(rf"(?P<stream>\w+): (?P<what>{any_of})", re.DOTALL)


# The warnings that rows are or may be missing, and those that fields of rows are. unit_tests/test_archive_every_warning
# lists the others.
NO_ROWS = pattern_of(
    skips.NO_ROWS,
    skips.NO_ROWS_OF_ACCOUNT,
    skips.NO_ROWS_OF_PARENTS,
    base.GOES_ON_WITHOUT_ROWS,
    base.FEWER_THAN_COUNTED,
    base.ROWS_MOVED,
    base.NO_CALLS,
    base.NO_OBJECT,
    checkpointed.NOT_COMPLETE_BEFORE,
    checkpointed.NOT_LISTED,
    resumed.APPEARED,
    history.FEWER_NOW,
    resumed.FEWER_READ,
    log_files.GOES_ON_WITHOUT_MARKER,
    incidents.ENDS_FULL,
    services.ONLY_FIRST_TEMPLATES,
    monthly.GAP,
    timelines.MONTH_REFUSED,
    timelines.MONTH_TOO_OLD,
    users.NO_USER_IN_SYNC,
    users.NO_CONTACT_IN_SYNC,
    NOT_SEEN_BEFORE,
    row_counts.LOST,
)
# The one of them that is about rows that the table had.
LOST = pattern_of(row_counts.LOST)
# A warning that an earlier run remembered. A version of the connector with other words may have given it.
REMEMBERED = re.compile(r"(?P<stream>\w+): (?P<what>.+)", re.DOTALL)
# What is missing in this run only, because the next one asks for it again.
NO_ROWS_YET = pattern_of(skips.NONE_FOUND, alerts.NO_ALERT)
# What only the first run after the move can say. If the rows appear later, the connector says so then.
FEWER_SINCE_MOVE = pattern_of(resumed.FEWER_SINCE_MOVE)
# What the API's own count refutes, if a later run has as many rows.
COUNTED = pattern_of(history.FEWER_NOW, resumed.FEWER_READ)
# What later runs may lack: in the connector's words, and in those that this run leaves to them.
LATE_ROW = pattern_of(history_sub_stream.LATE_ROW)
NO_LATER_ROWS = pattern_of(ADDED_LATER)
NO_FIELDS = pattern_of(
    skips.NO_DETAILS,
    base.ANOTHER_OBJECT,
    jsm.EMPTY_COLUMN,
    timelines.NO_NAMES,
    f"{jsm.MISSING[0].lower()}{jsm.MISSING[1:]}",
)
# One of the warnings about several streams; the other one is `checkpointed.WIDER_KEY`.
NO_NAMES = re.compile(re.escape(jsm.MISSING) % (r"(?P<kind>\w+)", ""))

# What no key can read, because these objects have no such rows or fields. A row that was deleted after it was listed
# has only the fields of the list (HTTP 404).
LASTING = re.compile(
    r"integration_actions: the rows of .+ \(HTTP (400|404|405|406|409|416|422)\): "
    r"|\w+: .+ does not support this call for this object, though the key has the right \(HTTP 403\): "
    r"|\w+: only the list's fields were delivered for .+ \(HTTP 404\): ",
    re.DOTALL,
)

# The most warnings of a stream that are quoted.
MAX_QUOTED = 3

TO_FILL = (
    "If the key can read this now, copy the account again into another folder (OUTPUT): further runs may not read it."
)


class Holes:
    """What streams lack: the warnings of each stream, without its name."""

    def __init__(self, warnings: Iterable[str], earlier: Iterable[str] = ()) -> None:
        """Take the warnings of this run, and those remembered from earlier runs."""
        self._rows: dict[str, dict[str, None]] = {}  # as ordered sets
        self._fields: dict[str, dict[str, None]] = {}
        self.remembered: list[str] = []  # the warnings of earlier runs that this run has not repeated
        self._earlier: set[str] = set()  # the streams that lacked something in an earlier run
        for warning in warnings:
            kinds = dict.fromkeys((NO_ROWS, NO_ROWS_YET, FEWER_SINCE_MOVE), self._rows)
            self._add(warning, {**kinds, NO_FIELDS: self._fields})
        for warning in earlier:
            self._earlier.add(self._add(warning, {NO_FIELDS: self._fields, REMEMBERED: self._rows}))

    def _add(self, warning: str, kinds: Mapping[re.Pattern[str], dict[str, dict[str, None]]]) -> str:
        if LASTING.match(warning):
            return ""
        for pattern, holes in kinds.items():
            found = pattern.match(warning)
            if found:
                text = without_request_id(warning[found.start("what") :])
                holes.setdefault(found["stream"], {})[f"{text[0].upper()}{text[1:]}"] = None
                return found["stream"]
        return ""

    @classmethod
    def of(cls, streams: Sequence[ApiStream], run: Run, store: Store, whole: Collection[str] = ()) -> Holes:
        """Return the holes of this run, and of earlier runs as far as no run fills them; remember those of this run.

        `whole` are the streams of which no row is missing by the API's own count: it refutes what earlier runs said of
        such counts, for as long as it stays so.
        """
        warnings = [each for warning in run.warnings for each in by_stream(warning, streams, run)]
        store.execute(f"CREATE TABLE IF NOT EXISTS {TABLE} (warning VARCHAR PRIMARY KEY)")
        earlier = [str(warning) for (warning,) in store.rows(f"SELECT warning FROM {TABLE} ORDER BY warning")]
        kept = {stream.name for stream in streams if stream.supports_incremental or not is_readable(stream)}
        for warning in warnings:
            found = NO_ROWS.match(warning) or NO_LATER_ROWS.match(warning) or NO_FIELDS.match(warning)
            if found and found["stream"] in kept and not LASTING.match(warning):
                store.execute(f"INSERT OR IGNORE INTO {TABLE} VALUES (?)", without_request_id(warning))
        refuted = [each for each in earlier if (found := COUNTED.match(each)) and found["stream"] in whole]
        not_seen = [each for each in warnings if each.endswith(NOT_SEEN_BEFORE)]
        holes = cls(warnings, [*(each for each in earlier if each not in refuted), *not_seen])
        told = set(map(without_request_id, run.warnings))
        holes.remembered = [warning for warning in earlier if warning not in told]
        return holes

    def why(self, stream: ApiStream) -> str:
        """Return sentences about what a stream lacks; an empty text if it lacks nothing."""
        own = [*self._rows.get(stream.name, ()), *self._fields.get(stream.name, ())]
        more = [f"verification.md quotes {len(own) - MAX_QUOTED} more such warnings."] if len(own) > MAX_QUOTED else []
        advice = [TO_FILL] if stream.name in self._earlier else []
        return " ".join([*own[:MAX_QUOTED], *more, *advice])

    def lost(self, stream: ApiStream) -> str:
        """Return a sentence about rows that are gone from a stream's table; an empty text if none are."""
        own = self._rows.get(stream.name, ())
        return " ".join(each for each in own if LOST.fullmatch(f"{stream.name}: {each}"))

    def above(self, stream: ApiStream) -> list[str]:
        """Return the names of the streams above one that lack rows, so that it probably lacks those below them."""
        return sorted(self._rows.keys() & ancestors(stream))

    def lacks_rows(self, stream: ApiStream) -> bool:
        """Return whether rows of a stream were not read, or may not have been."""
        return stream.name in self._rows or bool(self.above(stream))


def by_stream(warning: str, streams: Sequence[ApiStream], run: Run) -> list[str]:
    """Return a warning about several streams as one of each stream that the run read; any other as it is."""
    if warning == checkpointed.WIDER_KEY:
        read_before = [stream for stream in streams if stream.supports_incremental and run.before.get(stream.name)]
        return [f"{stream.name}: {NOT_SEEN_BEFORE}" for stream in read_before]
    found = LATE_ROW.match(warning)
    if found:
        return [f"{found['stream']}: {ADDED_LATER}"]
    found = NO_NAMES.match(warning)
    if found is None:
        return [warning]
    read = [
        stream
        for stream in streams
        if isinstance(stream, jsm.JsmStream) and stream.name in run.before and stream.name not in run.skipped
    ]
    with_names = [stream for stream in read if found["kind"] in stream.uses_names]
    return [f"{stream.name}: {warning[0].lower()}{warning[1:]}" for stream in with_names]


def ancestors(stream: ApiStream) -> set[str]:
    """Return the names of a stream's parent, of its parent, and so on."""
    names = set()
    while isinstance(stream, SubStream):
        stream = stream.parent
        names.add(stream.name)
    return names
