"""The stream of the audit log of the site."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import requests
from airbyte_cdk.models import FailureType, SyncMode
from airbyte_cdk.sources.streams.core import StreamData

from source_opsgenie.http.body import Row
from source_opsgenie.http.errors import ApiError, RefusedError
from source_opsgenie.http.paging import Params
from source_opsgenie.http.timestamps import DAY, HOUR, MILLIS, MINUTE, cursor_to_millis, from_millis, to_millis
from source_opsgenie.jsm.paging import AUDIT_PAGE
from source_opsgenie.jsm.rows import account as rows
from source_opsgenie.jsm.streams.base import JsmStream
from source_opsgenie.records import account as records
from source_opsgenie.streams.base import Parent
from source_opsgenie.streams.checkpointed import MOST_OWED, OWED, START, Checkpointed, owed_texts
from source_opsgenie.streams.skips import MANY_FAILED

CREATED = "created"
BEGIN, END = "begin", "end"  # of a slice, in epoch milliseconds

SPAN = DAY  # of a call; the longest one is not documented
SHORTEST_SPAN = MINUTE  # one that fails is not divided any more
KEPT_FOR = 180 * DAY - HOUR  # "Audit logs of Operations", less an hour for clocks that differ
LOOKBACK = HOUR  # lines may be indexed late

# Whether the ends of a span belong to it is not documented, so each span is asked for from a second before.
OVERLAP = MILLIS

FOR_ADMINS = "the audit log is for admins of the organization, of the site or of Jira Service Management only"


class AuditLogs(Checkpointed, JsmStream):
    """The audit log of the site, read one span of time after another."""

    list_path = "v1/logs"
    record = records.AuditLog
    parameters = {"limit": str(AUDIT_PAGE)}
    cursor_field = CREATED
    mask_secrets = True
    refusal_statuses = frozenset({requests.codes.unauthorized})

    _read_from: int | None = None  # the start date of what was read; None for all that was kept

    def go_on(self, state: Mapping[str, Any]) -> None:
        """Go on from the end of the last span."""
        self._read_from = cursor_to_millis(state.get(START))
        super().go_on(state)

    def reach(self, moment: int | None) -> None:
        """Keep the start date with the end of the last span."""
        times = {CREATED: moment, START: self._read_from}
        self.keep({name: from_millis(at) for name, at in times.items() if at is not None})

    def cursors_of(self, state: Mapping[str, Any]) -> list[int | None]:
        """Return the times before which a state counts lines as read, and those of the spans that it owes."""
        return [*super().cursors_of(state), *(time for span in owed_texts(state) for time in _times_of(span))]

    def stream_slices(self, sync_mode: SyncMode, *_: object, **__: object) -> Iterable[Mapping[str, Any]]:
        """Yield the spans that earlier syncs owe, and then those to now, by the API's own clock."""
        self.client.prepare()  # the answer has the API's time, if no answer has come before
        now = self.context.clock.sync_start()
        yield from self._owed_spans()
        begin = self._begin(to_millis(self._state.get(CREATED)))
        while begin < now and self.skips.because is None:
            end = min(begin + SPAN, now)
            yield {BEGIN: begin, END: end}
            begin = end

    def _owed_spans(self) -> Iterator[Mapping[str, Any]]:
        """Yield the spans that earlier syncs owe, and forget those that cannot be read any more.

        One before the start date stays owed, because the date may be set to an earlier day again.
        """
        for span in sorted(self.owed):
            begin, end = (time or 0 for time in _times_of(span))
            since = self._still_kept(begin)
            if since >= end:
                del self.owed[span]
            elif self.skips.because is None and end > (self.context.config.start_millis or 0):
                yield {OWED: span, BEGIN: since, END: end}

    def first_params(self, parent: Parent) -> Params:
        """Return the parameters of the first page of a span; without one, of the last second."""
        end: int = parent[END] if END in parent else self.context.clock.sync_start()
        begin: int = parent.get(BEGIN, end)
        span = {"startTime": from_millis(begin - OVERLAP), "endTime": from_millis(end)}
        return {**super().first_params(parent), **span}

    def _begin(self, reached: int | None) -> int:
        """Return the time from which lines are due and can still be read."""
        kept, start = self._kept_since, self.context.config.start_millis
        first = kept if start is None else start
        if reached is not None and self._read_from is not None and max(first, kept) < self._read_from:
            self.log_earlier_start(self._read_from)
            reached = None
        if reached is None:
            self._read_from, due = start, first
        else:
            due = reached - LOOKBACK
        return self._still_kept(due)

    @property
    def _kept_since(self) -> int:
        """Return the time from which lines can still be read.

        It counts from the latest answer, because other streams may have been read for hours before.
        """
        return (self.context.clock.latest or self.context.clock.sync_start()) - KEPT_FOR

    def _still_kept(self, due: int) -> int:
        """Return a time from which lines are due, or a later one if they cannot be read any more; the log says so."""
        kept = self._kept_since
        if due < kept:
            self.warn_once(
                "JSM Operations keeps the audit log for 180 days, so lines from before "
                f"{from_millis(kept)} cannot be read."
            )
        return max(due, kept)

    def read_slice(self, sync_mode: SyncMode, stream_slice: Mapping[str, Any]) -> Iterable[StreamData]:
        """Emit the lines of a span, and then move the state on to its end. A span that fails is owed to the next sync.

        Raises:
            ApiError: no other span can be read either, or too many are owed.
        """
        error = None
        span = str(stream_slice.get(OWED) or _name_of(stream_slice[BEGIN], stream_slice[END]))
        try:
            lines = (line for line in self._lines_in(dict(stream_slice)) if _is_inside(line, stream_slice))
            for row in rows.audit_logs(lines):
                yield self.cleaned(row)
                self.metrics.add(1)
        except ApiError as failure:
            if failure.concerns_all:
                raise
            error = failure
            self.skips.fail(span, error)
        self.note_owed(span, None, error)
        if error is not None and OWED in stream_slice and self._may_be_too_long(error):
            self._halve(stream_slice)
        reached = to_millis(self._state[CREATED]) if OWED in stream_slice else self.context.clock.cap(stream_slice[END])
        if reached is not None:
            self.reach(reached)

    def _may_be_too_long(self, error: ApiError) -> bool:
        """Return whether a span that failed again may be answered in parts: one that is too long may time out, too.

        If many spans fail for reasons that may pass, the log as a whole is out of order.
        """
        return error.failure_type == FailureType.system_error or len(self.owed) <= MANY_FAILED

    def _halve(self, stream_slice: Mapping[str, Any]) -> None:
        """Owe the halves of a span that failed again, because its answer may be too large, or the span too long."""
        begin, end = stream_slice[BEGIN], stream_slice[END]
        if end - begin > SHORTEST_SPAN and len(self.owed) < MOST_OWED // 2:
            middle = (begin + end) // 2
            del self.owed[stream_slice[OWED]]
            self.owed |= {_name_of(begin, middle): None, _name_of(middle, end): None}

    def _lines_in(self, stream_slice: Parent) -> Iterator[Row]:
        """Yield the lines of the answers for a span.

        If the first span is refused, a call for the last second shows whether all of the log is.
        """
        try:
            for page in self.pages(stream_slice, self.first_params(stream_slice)):
                self.skips.answered = True
                yield from page.rows
        except RefusedError as error:
            if error.status == requests.codes.unauthorized and not error.holds_for_all:
                error.why = FOR_ADMINS
            if not self.skips.answered:
                with suppress(RefusedError):
                    self.page({}, self.first_params({}))
                    self.skips.answered = True
            self.skips.skip_stream(error)


def _name_of(begin: int, end: int) -> str:
    """Return the name of a span in messages and states: an interval of ISO 8601."""
    return f"{from_millis(begin)}/{from_millis(end)}"


def _times_of(span: str) -> list[int | None]:
    """Return begin and end of a span by its name; None for what is no time."""
    begin, _, end = span.partition("/")
    return [cursor_to_millis(begin), cursor_to_millis(end)]


def _is_inside(row: Row, stream_slice: Mapping[str, Any]) -> bool:
    """Return whether a line belongs to this span. A line at its beginning or end may come with the span beside it, too.

    Equal lines have one time, so all of them belong to the same span, and are numbered there.
    """
    moment = to_millis(row.get(CREATED))
    return moment is None or bool(stream_slice[BEGIN] <= moment < stream_slice[END])
