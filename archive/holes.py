"""Finds what is missing in the copy, according to the warnings of the connector.

A stream that was read to its end may still lack rows, because the API refused those of some teams, users or alerts. The
connector says so in a warning. A full-refresh stream is read anew in each run, and warns again. An incremental stream
does not read such rows again, so the archive remembers its warnings.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archive.plain import without_request_id
from archive.store import SCHEMA
from source_opsgenie.jsm.streams.base import JsmStream
from source_opsgenie.streams.sub_stream import SubStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archive.run import Run
    from archive.store import Store
    from source_opsgenie.streams.base import ApiStream

# The archive's own table of the warnings of incremental streams.
TABLE = f"{SCHEMA}._archive_holes"

# The warnings that rows are missing, and those that fields of rows are. A row that was deleted after it was listed has
# only the fields of the list (HTTP 404), and nobody has more. See source_opsgenie/streams/skips.py, base.py,
# the streams in source_opsgenie/jsm, and for the archive's own warning row_counts.py.
NO_ROWS = re.compile(
    r"(?P<stream>\w+): (?P<what>the rows of .+ were skipped, because "
    r"|only the rows that belong to none of the \w+ were read, "
    r"|the list continues, but \d+ pages in a row had no rows: "
    r"|[\w ]+ counts \d+ rows, but only \d+ came: "
    r"|a row has no '[^']*', so the calls that need it are not made: "
    r"|a row that is not an object was skipped"
    r"|the stream was not complete when it was last read from "
    r"|an earlier run could not read the account"
    r"|[\d,]+ rows? that the table had at the end of the last run )",
    re.DOTALL,
)
# What is missing in this run only, because the next one asks for it again.
NO_ROWS_YET = re.compile(r"(?P<stream>\w+): (?P<what>\d+ .+ could not be found \(HTTP \d+\), and no other was read)")
NO_FIELDS = re.compile(
    r"(?P<stream>\w+): (?P<what>only the list's fields were delivered for (?!.*\(HTTP 404\))"
    r"|the answer for a single object is not that object: "
    r"|the column '[^']*' is empty, because "
    r"|names of \w+ are missing in )",
    re.DOTALL,
)
# The warnings about several streams, see `streams/checkpointed.py` and `jsm/streams/base.py`.
WIDER_KEY = re.compile("The state was made by a sync that could not read the account")
NO_NAMES = re.compile(r"Names of (?P<kind>\w+) are missing in rows that refer to them: ")

# What the first of them means in an archive.
NOT_SEEN_BEFORE = (
    "an earlier run could not read the account, as with a team's key, so older rows that only the present key can read "
    "may be missing."
)
# What no key can read, because these objects have no such rows or fields.
LASTING = re.compile(
    r"integration_actions: the rows of .+ \(HTTP (400|405|406|409|416|422)\): "
    r"|\w+: .+ does not support this call for this object, though the key has the right \(HTTP 403\): ",
    re.DOTALL,
)

# The most warnings of a stream that are quoted.
MAX_QUOTED = 3

TO_FILL = "If the key can read this now, copy the account again with another OUTPUT: further runs may not read it."


class Holes:
    """What streams lack: the warnings of each stream, without its name."""

    def __init__(self, warnings: Iterable[str], earlier: Iterable[str] = ()) -> None:
        """Take the warnings of this run, and those of incremental streams in earlier runs."""
        self._rows: dict[str, dict[str, None]] = {}  # as ordered sets
        self._fields: dict[str, dict[str, None]] = {}
        self._earlier: set[str] = set()  # the streams that lacked something in an earlier run
        for warning in warnings:
            self._add(warning)
        for warning in earlier:
            self._earlier.add(self._add(warning))

    def _add(self, warning: str) -> str:
        if LASTING.match(warning):
            return ""
        for pattern, holes in ((NO_ROWS, self._rows), (NO_ROWS_YET, self._rows), (NO_FIELDS, self._fields)):
            found = pattern.match(warning)
            if found:
                text = without_request_id(warning[found.start("what") :])
                holes.setdefault(found["stream"], {})[f"{text[0].upper()}{text[1:]}"] = None
                return found["stream"]
        return ""

    @classmethod
    def of(cls, streams: Sequence[ApiStream], run: Run, store: Store) -> Holes:
        """Return the holes of this run, and of earlier runs as far as no run fills them; remember those of this run."""
        warnings = [each for warning in run.warnings for each in by_stream(warning, streams, run)]
        store.execute(f"CREATE TABLE IF NOT EXISTS {TABLE} (warning VARCHAR PRIMARY KEY)")
        earlier = [str(warning) for (warning,) in store.rows(f"SELECT warning FROM {TABLE} ORDER BY warning")]
        incremental = {stream.name for stream in streams if stream.supports_incremental}
        for warning in warnings:
            found = NO_ROWS.match(warning) or NO_FIELDS.match(warning)
            if found and found["stream"] in incremental:
                store.execute(f"INSERT OR IGNORE INTO {TABLE} VALUES (?)", without_request_id(warning))
        return cls(warnings, [*earlier, *(warning for warning in warnings if warning.endswith(NOT_SEEN_BEFORE))])

    def why(self, stream: ApiStream) -> str:
        """Return sentences about what a stream lacks; an empty text if it lacks nothing."""
        own = [*self._rows.get(stream.name, ()), *self._fields.get(stream.name, ())]
        more = [f"verification.md quotes {len(own) - MAX_QUOTED} more such warnings."] if len(own) > MAX_QUOTED else []
        advice = [TO_FILL] if stream.name in self._earlier else []
        return " ".join([*own[:MAX_QUOTED], *more, *advice])

    def above(self, stream: ApiStream) -> list[str]:
        """Return the names of the streams above one that lack rows, so that it probably lacks those below them."""
        return sorted(self._rows.keys() & ancestors(stream))

    def lacks_rows(self, stream: ApiStream) -> bool:
        """Return whether rows of a stream were not read, or may not have been."""
        return stream.name in self._rows or bool(self.above(stream))


def by_stream(warning: str, streams: Sequence[ApiStream], run: Run) -> list[str]:
    """Return a warning about several streams as one of each stream that the run read; any other as it is."""
    if WIDER_KEY.match(warning):
        read_before = [stream for stream in streams if stream.supports_incremental and run.before.get(stream.name)]
        return [f"{stream.name}: {NOT_SEEN_BEFORE}" for stream in read_before]
    found = NO_NAMES.match(warning)
    if found is None:
        return [warning]
    with_names = [stream for stream in streams if stream.name in run.before and found["kind"] in names_used_by(stream)]
    return [f"{stream.name}: {warning[0].lower()}{warning[1:]}" for stream in with_names]


def names_used_by(stream: ApiStream) -> set[str]:
    """Return the lists of JSM whose names are in the rows of a stream, or in those of its parent."""
    both = [stream, stream.parent] if isinstance(stream, SubStream) else [stream]
    return {kind for each in both if isinstance(each, JsmStream) for kind in each.uses_names}


def ancestors(stream: ApiStream) -> set[str]:
    """Return the names of a stream's parent, of its parent, and so on."""
    names = set()
    while isinstance(stream, SubStream):
        stream = stream.parent
        names.add(stream.name)
    return names
