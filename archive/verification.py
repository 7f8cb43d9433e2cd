"""Verifies the copy, and reports its rows, the API's own counts, and what was skipped and why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from archive import last_read
from archive.counts import Comparison, Counts, gone_rows
from archive.files import FilesSummary
from archive.holes import Holes, ancestors
from archive.moved import key_of
from archive.origin import OPSGENIE, Origin
from archive.plain import markdown, plain, without_request_id
from archive.report.formatting import SANDBOX, minute, quantity
from archive.run import Run, now, parse_time, write_time
from archive.selection import EARLIEST, TIMELINES, Selection
from archive.sight import Sight
from archive.store import Store, TableSummary
from source_opsgenie.http.errors import ApiError, RefusedError
from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.skips import StreamSkippedError
from source_opsgenie.streams.unavailable import UnavailableStream

COMPLETE = "complete"
UNVERIFIED = "unverified"
SKIPPED = "skipped"
NOT_READ = "not read"
FAILED = "failed"

# Precedes the reason of a stream that was skipped because of its parent. The rest is the parent's own reason.
PARENT_SKIPPED = re.compile(r"^its parent stream \w+ was skipped: ")


@dataclass(frozen=True)
class Finding:
    """The result of verifying a stream.

    Attributes:
        stream: the stream.
        outcome: complete; unverified (it was read to its end, but rows are or may be missing); skipped (because of the
            key or the plan); not read (the API does not have it); or failed.
        why: why it is not complete, or an explanation of rows that are gone or of a difference; empty otherwise.
        rows: the number of rows.
        distinct_keys: the number of distinct primary keys.
        added: how many more rows there are than when the run started.
        gone: the number of rows that are known to be gone from the API.
        time_column: the column that `first` and `last` are taken from.
        first: the earliest time.
        last: the latest time.
        counted: the API's count; None if it gives no count.
        difference: how many more rows there are than the API counts; None if it gives no count.
        sound: whether no row is known to be missing or duplicate.
    """

    stream: str
    outcome: str
    why: str
    rows: int
    distinct_keys: int
    added: int
    gone: int
    time_column: str | None
    first: str | None
    last: str | None
    counted: int | None
    difference: int | None
    sound: bool


@dataclass(frozen=True)
class Verification:
    """The result of verifying the whole archive.

    Attributes:
        started: when the run started.
        finished: when the verification ended.
        api: the name of the API that the run read.
        endpoint: the configured host or site.
        is_sandbox: whether the account is made up.
        findings: the result for each stream that was selected.
        warnings: the connector's warnings in this run.
        remembered: those of earlier runs that still count, without those that came again.
        files: the summary of the files.
        selection: what the run copied of the account.
        limits: sentences about what the key does not see in streams that it can read.
        unselected: the streams that were not selected and have no rows from earlier runs.
    """

    started: str
    finished: str
    api: str
    endpoint: str
    is_sandbox: bool
    findings: list[Finding]
    warnings: list[str]
    files: FilesSummary = field(default_factory=FilesSummary)
    selection: Selection = field(default_factory=Selection)
    limits: list[str] = field(default_factory=list)
    unselected: list[str] = field(default_factory=list)
    remembered: list[str] = field(default_factory=list)

    @property
    def period(self) -> str:
        """Return when the run started and ended, as text."""
        return " to ".join(minute(parse_time(when)) for when in (self.started, self.finished))

    @property
    def is_sound(self) -> bool:
        """Return whether nothing is missing without an explanation."""
        return self.files.is_sound and all(finding.sound for finding in self.findings)

    @property
    def verdict(self) -> str:
        """Return the verdict in a few sentences."""
        of_selection = [*self.limits, *([self.selection.sentence] if self.selection.sentence else [])]
        unsound = [finding.stream for finding in self.findings if not finding.sound]
        unsound += [] if self.files.is_sound else ["the folder files"]
        if unsound:
            missing = f"NOT VERIFIED: rows or files may be missing in {', '.join(unsound)}. verification.md says why."
            return " ".join([missing, *of_selection])
        skipped, not_read = (sum(each.outcome == outcome for each in self.findings) for outcome in (SKIPPED, NOT_READ))
        sentences = [f"{self._extent(skipped, not_read)}: {self._evidence}."]
        if skipped:
            are = quantity(skipped, "stream is", "streams are")
            them = "it" if skipped == 1 else "them"
            sentences.append(f"{are} skipped, because the {self._key} or the plan does not include {them}.")
        sentences += of_selection
        sentences += self._short_timelines()
        if not_read:
            sentences.append(f"{quantity(not_read, 'table')} cannot be read from {self.api}.")
        if self.files.missing:
            sentences.append(f"{quantity(self.files.missing, 'file')} could not be fetched.")
        return " ".join(sentences)

    def _extent(self, skipped: int, not_read: int) -> str:
        """Return how much of the account is in the copy, as the beginning of a sentence."""
        if skipped:
            streams = len(self.findings) - not_read
            are = "is" if streams - skipped == 1 else "are"
            return f"{streams - skipped} of {quantity(streams, 'stream')} {are} here"
        if not self.selection.is_whole:
            return "Complete for what was selected"
        missing = f" but {quantity(self.files.missing, 'file')}" if self.files.missing else ""
        if self.limits:
            return f"Everything{missing} that the {self._key} sees is here"
        return f"Everything{missing} that the API of {self.api} lists is here"

    @property
    def _key(self) -> str:
        return "key" if self.api == OPSGENIE else "token"

    @property
    def _evidence(self) -> str:
        """Return how it is known that the streams are complete."""
        complete = [finding for finding in self.findings if finding.outcome == COMPLETE]
        counted = [finding.stream for finding in complete if finding.counted is not None]
        parts = []
        if counted:
            have = quantity(len(counted), "stream has", "streams have")
            parts.append(f"{have} all rows that {self.api} counts ({', '.join(counted)})")
        if len(complete) > len(counted):
            others = quantity(
                len(complete) - len(counted), "stream without such a count was", "streams without such a count were"
            )
            parts.append(f"{others} read to the end")
        return ", and ".join(parts) or "there was nothing to read"

    @property
    def _has_timelines(self) -> bool:
        """Return whether on-call timelines are copied; if not, another sentence says so."""
        return TIMELINES in self.selection.streams and TIMELINES not in self.absent

    def _short_timelines(self) -> Iterator[str]:
        """Yield a sentence about when the on-call timelines begin, unless the one about the selection says it."""
        start = self.selection.start_date
        if not self._has_timelines or self.selection.leaves_out_older:
            return
        if start is None:
            if self.api == OPSGENIE:
                yield "On-call timelines begin 12 months before the first copy, unless an earlier run had a start_date."
        elif self.api == OPSGENIE:
            yield f"On-call timelines go back to the start_date {start}."
        else:  # they go back one year at most, whatever the date
            yield f"On-call timelines from before the start_date {start} are not read."

    @property
    def absences(self) -> list[str]:
        """Return what a copy never contains, and what this one does not contain because of how it was made."""
        absences = [
            f"What the API of {self.api} does not list: postmortems, deployments, reports and analytics.",
            'Secrets in the settings of integrations and action channels: "***" stands in their place.',
            "What was deleted in the account before it was copied.",
            *self._earlier_timelines(),
        ]
        if self.selection.sentence:
            absences.append(self.selection.sentence)
        return absences

    def _earlier_timelines(self) -> Iterator[str]:
        """Yield sentences about the time before the on-call timelines begin."""
        start = self.selection.start_date
        if not self._has_timelines:
            return
        if start is not None:
            yield f"On-call timelines from before the start_date {start}."
        if self.api != OPSGENIE:
            yield f"On-call timelines from more than a year ago that no earlier run read: {self.api} has one year only."
        elif start is None:
            yield (
                f"On-call timelines from more than 12 months before the first copy, because no start_date is set. To "
                f"add them, set it to a date before the account was created, such as {EARLIEST}, and copy again."
            )

    @property
    def notices(self) -> list[str]:
        """Return what a reader must know first: which streams are not complete, and why."""
        return [*self._reasons(UNVERIFIED, SKIPPED, FAILED), *self._not_read(), *self._kept(), *self._never_complete()]

    @property
    def absent(self) -> frozenset[str]:
        """Return the streams that were not read and have no rows from earlier runs."""
        read = (COMPLETE, UNVERIFIED)
        return frozenset(
            [*self.unselected, *(each.stream for each in self.findings if each.outcome not in read and not each.rows)]
        )

    def outdated(self, streams: Iterable[str]) -> frozenset[str]:
        """Return the streams of the copy that have rows, but that this run has not read to the end."""
        read = {each.stream for each in self.findings if each.outcome in (COMPLETE, UNVERIFIED)}
        return frozenset(streams) - read - self.absent

    def _not_read(self) -> Iterator[str]:
        """Yield a sentence with the tables that the API does not have, without their many reasons."""
        not_read = [finding for finding in self.findings if finding.outcome == NOT_READ]
        if not_read:
            names = ", ".join(finding.stream for finding in not_read)
            yield (
                f"{quantity(len(not_read), 'table')} cannot be read from {self.api} ({names}): verification.md gives "
                "the reason for each."
            )

    def _kept(self) -> Iterator[str]:
        """Yield a sentence with the tables that cannot be read now and that contain rows of earlier runs."""
        kept = [
            f"{finding.stream} ({quantity(finding.rows, 'row')})"
            for finding in self.findings
            if finding.outcome == NOT_READ and finding.rows
        ]
        if kept:
            yield f"Rows of these tables that earlier runs read are kept: {', '.join(kept)}."

    def _never_complete(self) -> Iterator[str]:
        """Yield a sentence for each table that cannot be read any more and that was not complete before."""
        for finding in self.findings:
            if finding.outcome == NOT_READ and not finding.sound:
                yield f"{finding.stream}: {finding.why}"

    def _reasons(self, *outcomes: str) -> list[str]:
        """Return a sentence for each reason of the streams with these outcomes."""
        reasons: dict[tuple[str, str], list[str]] = {}
        for finding in self.findings:
            if finding.outcome in outcomes:
                why = without_request_id(PARENT_SKIPPED.sub("", finding.why.removeprefix(f"{finding.stream}: ")))
                reasons.setdefault((finding.outcome, why), []).append(finding.stream)
        return [_notice(outcome, why, names) for (outcome, why), names in reasons.items()]

    def lacks(self) -> dict[str, str]:
        """Return what each table lacks, by stream; an empty text if it lacks nothing, or has no rows to be read."""
        return {
            each.stream: "" if each.outcome == COMPLETE or (each.outcome == SKIPPED and not each.rows) else each.why
            for each in self.findings
            if each.outcome != NOT_READ
        }

    def facts(self) -> dict[str, Any]:
        """Return the result as data."""
        return {"sound": self.is_sound, "verdict": self.verdict, "absences": self.absences, **asdict(self)}

    def page(self) -> str:
        """Return the result as a page in Markdown."""
        rows = sum(finding.rows for finding in self.findings)
        added = sum(finding.added for finding in self.findings)
        lines = [
            "# Verification of the archive",
            "",
            *([f"**{SANDBOX}**", ""] if self.is_sandbox else []),
            f"**{markdown(self.verdict)}**",
            "",
            f"The account at {self.endpoint}, copied by a run from {self.period}.",
            f"{rows:,} rows, {added:,} of them new.",
            "",
            f"| stream | outcome | rows | new | gone | distinct keys | first | last | {self.api} counts | difference |",
            "| --- | --- | ---: | ---: | ---: | ---: | --- | --- | ---: | ---: |",
        ]
        lines += [
            f"| {each.stream} | {each.outcome} | {each.rows:,} | {each.added:,} | {each.gone:,} "
            f"| {each.distinct_keys:,} "
            f"| {each.first or ''} | {each.last or ''} | {number(each.counted)} "
            f"| {number(each.difference)} |"
            for each in self.findings
        ]
        lines += ["", f"Rows that are *gone* are kept in the archive, although {self.api} does not list them any more."]
        lines += section("Notes", [f"- {markdown(note)}" for note in self._notes])
        lines += section("What is not here", [f"- {markdown(absence)}" for absence in self.absences])
        lines += section("Files", [f"- {markdown(note)}" for note in self.files.notes()])
        lines += section("Warnings of the connector", [f"- {markdown(warning)}" for warning in self.warnings])
        lines += section("Warnings of earlier runs", [f"- {markdown(warning)}" for warning in self.remembered])
        return "\n".join(lines) + "\n"

    @property
    def _notes(self) -> list[str]:
        """Return sentences about the streams that are not complete, and about differences."""
        notes = [*self._reasons(UNVERIFIED, SKIPPED, FAILED, NOT_READ), *self._kept()]
        notes += [f"{each.stream}: {each.why}" for each in self.findings if each.outcome == COMPLETE and each.why]
        return notes

    def summary(self) -> str:
        """Return the result as text for a terminal."""
        lines = [f"\n{'stream':<28}{'outcome':<10}{'rows':>10}{'new':>10}{'gone':>8}{'counted':>10}  first to last"]
        for each in self.findings:
            span = f"{each.first[:10]} to {(each.last or '')[:10]}" if each.first else ""
            lines.append(
                f"{each.stream:<28}{each.outcome:<10}{each.rows:>10,}{each.added:>10,}{each.gone:>8,}"
                f"{number(each.counted):>10}  {span}"
            )
        lines += map(plain, [*self._notes, *self.files.notes()])
        lines += [f"Warning: {plain(warning)}" for warning in self.warnings]
        return "\n".join([*lines, "", *([SANDBOX] if self.is_sandbox else []), plain(self.verdict)])


def verify(
    streams: Sequence[ApiStream],
    store: Store,
    run: Run,
    counts: Counts,
    *,
    origin: Origin,
    selection: Selection,
    sight: Sight,
    files: FilesSummary,
) -> Verification:
    """Verify the streams that were selected."""
    findings = []
    compared = {
        stream.name: _compared(counts, stream.name) for stream in streams if _outcome(stream, run)[0] == COMPLETE
    }
    whole = {name for name, (found, _) in compared.items() if found is not None and found.explained}
    holes = Holes.of(origin.streams, run, store, whole)  # an unfinished run may have read others than this one
    for stream in streams:
        table = store.summarize(stream.name, key_of(stream, store), run.read_since(stream.name))
        lacks = last_read.lacking(store, stream.name) if isinstance(stream, UnavailableStream) else ""
        lacks = " ".join(filter(None, [lacks, holes.lost(stream)]))
        findings.append(_finding(stream, table, run, compared.get(stream.name), holes, api=origin.api, lacks=lacks))
    return Verification(
        started=run.started,
        finished=write_time(now()),
        api=origin.api,
        endpoint=origin.host,
        is_sandbox=origin.is_sandbox,
        findings=with_holes(doubted(findings, streams), streams, holes),
        warnings=run.warnings,
        remembered=holes.remembered,
        files=files,
        selection=selection,
        limits=list(sight.limits),
        unselected=[
            stream.name
            for stream in origin.streams
            if stream.name not in selection.streams and not store.count(stream.name)
        ],
    )


def _outcome(stream: ApiStream, run: Run) -> tuple[str, str]:
    """Return how the run read a stream, and why it did not; an empty text if it did."""
    if isinstance(stream, UnavailableStream):
        return NOT_READ, stream.reason
    if stream.name in run.failed:
        return FAILED, run.failed[stream.name]
    if stream.name in run.skipped:
        return SKIPPED, f"{run.skipped[stream.name]}."
    return COMPLETE, ""


def _finding(
    stream: ApiStream,
    table: TableSummary,
    run: Run,
    found: tuple[Comparison | None, str] | None,
    holes: Holes,
    *,
    api: str,
    lacks: str,
) -> Finding:
    name = stream.name
    outcome, why = _outcome(stream, run)
    if outcome in {NOT_READ, SKIPPED}:
        why = f"{why} {lacks}".rstrip()
    was_read, sound, gone = found is not None, outcome != FAILED and not lacks, 0
    compared: Comparison | None = None
    if found is not None:
        compared, why = found
        sound = not why
    if compared is not None:
        sound, why, gone = compared.explained, compared.why, compared.gone
    kept = table.rows - table.read
    if was_read and kept and not stream.supports_incremental:
        gone = 0 if holes.lacks_rows(stream) else max(gone, kept)
        why = f"{why} {gone_rows(kept, api) if gone else unread_rows(kept)}".strip()
    if table.keys != table.rows:
        duplicates = quantity(table.rows - table.keys, "row has", "rows have")
        sound, why = False, f"{why} {duplicates} the same key as another row; all of them are kept.".strip()
    return Finding(
        stream=name,
        outcome=UNVERIFIED if was_read and not sound else outcome,
        why=why,
        rows=table.rows,
        distinct_keys=table.keys,
        added=table.rows - run.before.get(name, 0),
        gone=gone,
        time_column=table.time,
        first=table.first,
        last=table.last,
        counted=None if compared is None else compared.counted,
        difference=None if compared is None else compared.difference,
        sound=sound,
    )


def _compared(counts: Counts, name: str) -> tuple[Comparison | None, str]:
    """Return the comparison with the API's count, and why that is unknown; an empty text if it is known."""
    try:
        return counts.compare(name), ""
    except ApiError as error:
        why = str(error.message)
    except RefusedError as error:
        why = f"The call was refused, because {error.why}."
    except StreamSkippedError:
        why = "The call was refused."
    return None, f"The API's count is unknown: {why}"


def doubted(findings: Sequence[Finding], streams: Sequence[ApiStream]) -> list[Finding]:
    """Mark the streams that may lack rows, too, because others do.

    These are the child streams of an unverified stream. If an incremental stream lacks rows, they are also the other
    incremental streams that earlier runs have read: the runs after the first one read only what has changed, so these
    streams have no old rows that an earlier key could not see.
    """
    by_name = {stream.name: stream for stream in streams}
    unverified = [each.stream for each in findings if each.outcome == UNVERIFIED]
    lacking = [
        each.stream for each in findings if each.outcome == UNVERIFIED and by_name[each.stream].supports_incremental
    ]

    def causes(finding: Finding) -> list[str]:
        stream = by_name[finding.stream]
        if finding.outcome != COMPLETE or finding.counted is not None:
            return []
        above = [name for name in unverified if name in ancestors(stream)]
        return above or (lacking if stream.supports_incremental and finding.rows > finding.added else [])

    return [
        replace(each, outcome=UNVERIFIED, why=f"Rows may be missing here, as in {' and '.join(names)}.")
        if (names := causes(each))
        else each
        for each in findings
    ]


def with_holes(findings: Sequence[Finding], streams: Sequence[ApiStream], holes: Holes) -> list[Finding]:
    """Mark the streams that lack rows or fields according to the connector's warnings, and their child streams."""
    by_name = {stream.name: stream for stream in streams}

    def marked(finding: Finding) -> Finding:
        stream = by_name[finding.stream]
        why, above = holes.why(stream), holes.above(stream)
        if finding.outcome == SKIPPED and finding.rows and why:
            return replace(finding, why=f"{finding.why} {why}", sound=False)
        if finding.outcome not in {COMPLETE, UNVERIFIED} or not (why or above):
            return finding
        sentences = [why or f"Rows may be missing here, as in {' and '.join(above)}.", finding.why]
        is_sound = finding.sound and not why and by_name.keys() >= set(above)  # else the parent's own finding says it
        return replace(finding, outcome=UNVERIFIED, why=" ".join(filter(None, sentences)), sound=is_sound)

    return [marked(finding) for finding in findings]


def unread_rows(count: int) -> str:
    """Return a sentence about rows of which a run with holes cannot tell whether they are gone from the API."""
    return f"{quantity(count, 'row')} of earlier runs {'was' if count == 1 else 'were'} not read again, but kept."


def _notice(outcome: str, why: str, names: list[str]) -> str:
    """Return a sentence about streams with the same outcome for the same reason."""
    streams = ", ".join(names)
    if outcome == UNVERIFIED:
        return f"{quantity(len(names), 'stream is', 'streams are')} not verified ({streams}): {why}"
    if outcome == FAILED:
        return f"{quantity(len(names), 'stream')} failed ({streams}): {why}"
    if outcome == NOT_READ:
        return f"{quantity(len(names), 'table')} cannot be read ({streams}): {why}"
    return f"{quantity(len(names), 'stream is', 'streams are')} skipped ({streams}), because {why}"


def section(title: str, lines: list[str]) -> list[str]:
    """Return a section with its title, as lines; an empty section is left out."""
    return ["", f"## {title}", "", *lines] if lines else []


def number(count: int | None) -> str:
    """Format a number; return an empty text if it is not known."""
    return "" if count is None else f"{count:,}"
