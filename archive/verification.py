"""Verifies the copy, and reports its rows, the API's own counts, and what was skipped and why."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from archive.files import FilesSummary
from archive.moved import key_of
from archive.origin import OPSGENIE
from archive.plain import markdown, plain, without_request_id
from archive.report.formatting import SANDBOX, minute, quantity
from archive.run import now, parse_time, write_time
from source_opsgenie.http.errors import ApiError
from source_opsgenie.streams.unavailable import UnavailableStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archive.counts import Comparison, Counts
    from archive.origin import Origin
    from archive.run import Run
    from archive.store import Store, TableSummary
    from source_opsgenie.streams.base import ApiStream

COMPLETE = "complete"
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
        outcome: complete, skipped (because of the key or the plan), not read (the API does not have it), or failed.
        why: why it is not complete, or an explanation of a difference; empty otherwise.
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
        findings: the result for each stream.
        warnings: the connector's warnings.
        files: the summary of the files.
    """

    started: str
    finished: str
    api: str
    endpoint: str
    is_sandbox: bool
    findings: list[Finding]
    warnings: list[str]
    files: FilesSummary = field(default_factory=FilesSummary)

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
        unsound = [finding.stream for finding in self.findings if not finding.sound]
        unsound += [] if self.files.is_sound else ["the files"]
        if unsound:
            return f"NOT VERIFIED: look at {', '.join(unsound)}."
        skipped, not_read = (sum(each.outcome == outcome for each in self.findings) for outcome in (SKIPPED, NOT_READ))
        included = f" that {self.api} offers" if not_read else ""
        sentences = [f"Everything{included} is here: {self._evidence}."]
        if skipped:
            key = "key" if self.api == OPSGENIE else "token"
            are = quantity(skipped, "stream is", "streams are")
            sentences = [f"Everything that the {key} and the plan include is here: {self._evidence}. {are} skipped."]
        if not_read:
            sentences.append(f"{quantity(not_read, 'table')} cannot be read from {self.api}.")
        if self.files.missing:
            sentences.append(f"{quantity(self.files.missing, 'file')} could not be fetched.")
        return " ".join(sentences)

    @property
    def _evidence(self) -> str:
        """Return how it is known that the streams are complete."""
        complete = [finding for finding in self.findings if finding.outcome == COMPLETE]
        counted = [finding.stream for finding in complete if finding.counted is not None]
        parts = []
        if counted:
            streams = quantity(len(counted), "stream agrees", "streams agree")
            parts.append(f"{streams} with the count of {self.api} ({', '.join(counted)})")
        if len(complete) > len(counted):
            others = quantity(
                len(complete) - len(counted), "stream without such a count was", "streams without such a count were"
            )
            parts.append(f"{others} read to the end")
        return ", and ".join(parts) or "there was nothing to read"

    @property
    def notices(self) -> list[str]:
        """Return what a reader must know first: which streams were skipped, failed or not read, and why."""
        return [*self._reasons(SKIPPED, FAILED), *self._not_read(), *self._kept()]

    @property
    def absent(self) -> frozenset[str]:
        """Return the streams that were not read and have no rows from earlier runs."""
        return frozenset(each.stream for each in self.findings if each.outcome != COMPLETE and not each.rows)

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
        """Yield a sentence with the tables that the API does not have and that contain rows of Opsgenie."""
        kept = [
            f"{finding.stream} ({quantity(finding.rows, 'row')})"
            for finding in self.findings
            if finding.outcome == NOT_READ and finding.rows
        ]
        if kept:
            yield f"Rows of these tables, read from Opsgenie before the account moved, are kept: {', '.join(kept)}."

    def _reasons(self, *outcomes: str) -> list[str]:
        """Return a sentence for each reason of the streams with these outcomes."""
        reasons: dict[tuple[str, str], list[str]] = {}
        for finding in self.findings:
            if finding.outcome in outcomes:
                why = without_request_id(PARENT_SKIPPED.sub("", finding.why.removeprefix(f"{finding.stream}: ")))
                reasons.setdefault((finding.outcome, why), []).append(finding.stream)
        return [_notice(outcome, why, names) for (outcome, why), names in reasons.items()]

    def facts(self) -> dict[str, Any]:
        """Return the result as data."""
        return {"sound": self.is_sound, "verdict": self.verdict, **asdict(self)}

    def page(self) -> str:
        """Return the result as a page in Markdown."""
        rows = sum(finding.rows for finding in self.findings)
        added = sum(finding.added for finding in self.findings)
        lines = [
            "# Verification of the archive",
            "",
            *([f"**{SANDBOX}**", ""] if self.is_sandbox else []),
            f"**{self.verdict}**",
            "",
            f"The account at {self.endpoint}, copied by a run from {self.period}.",
            f"{rows:,} rows, {added:,} of them new.",
            "",
            f"| stream | outcome | rows | new | distinct keys | first | last | {self.api} counts | difference |",
            "| --- | --- | ---: | ---: | ---: | --- | --- | ---: | ---: |",
        ]
        lines += [
            f"| {each.stream} | {each.outcome} | {each.rows:,} | {each.added:,} | {each.distinct_keys:,} "
            f"| {each.first or ''} | {each.last or ''} | {number(each.counted)} "
            f"| {number(each.difference)} |"
            for each in self.findings
        ]
        notes = [f"- {markdown(note)}" for note in self._notes]
        lines += section("Notes", notes)
        lines += section("Files", [f"- {markdown(note)}" for note in self.files.notes()])
        lines += section("Warnings of the connector", [f"- {markdown(warning)}" for warning in self.warnings])
        return "\n".join(lines) + "\n"

    @property
    def _notes(self) -> list[str]:
        """Return sentences about the streams that are not complete, and about differences."""
        notes = [*self._reasons(SKIPPED, FAILED, NOT_READ), *self._kept()]
        for each in self.findings:
            if each.outcome == COMPLETE and each.why:
                notes.append(f"{each.stream}: {each.why}")
            if each.gone and each.difference is None:
                gone = quantity(each.gone, "row is", "rows are")
                notes.append(f"{each.stream}: {gone} no longer in {self.api}, but kept in the archive.")
        return notes

    def summary(self) -> str:
        """Return the result as text for a terminal."""
        lines = [f"\n{'stream':<28}{'outcome':<10}{'rows':>10}{'new':>10}{'keys':>10}{'counted':>10}  first to last"]
        for each in self.findings:
            span = f"{each.first[:10]} to {(each.last or '')[:10]}" if each.first else ""
            lines.append(
                f"{each.stream:<28}{each.outcome:<10}{each.rows:>10,}{each.added:>10,}{each.distinct_keys:>10,}"
                f"{number(each.counted):>10}  {span}"
            )
        lines += map(plain, [*self._notes, *self.files.notes()])
        lines += [f"Warning: {plain(warning)}" for warning in self.warnings]
        return "\n".join([*lines, "", *([SANDBOX] if self.is_sandbox else []), self.verdict])


def verify(
    streams: Iterable[ApiStream], store: Store, run: Run, counts: Counts, *, origin: Origin, files: FilesSummary
) -> Verification:
    """Verify all streams."""
    findings = []
    for stream in streams:
        table = store.summarize(stream.name, key_of(stream, store), run.since)
        added = table.rows - run.before.get(stream.name, 0)
        findings.append(_finding(stream, table, added, run, counts))
    return Verification(
        run.started, write_time(now()), origin.api, origin.host, origin.is_sandbox, findings, run.warnings, files
    )


def _finding(stream: ApiStream, table: TableSummary, added: int, run: Run, counts: Counts) -> Finding:
    name = stream.name
    outcome, why = COMPLETE, ""
    if isinstance(stream, UnavailableStream):
        outcome, why = NOT_READ, stream.reason
    elif name in run.failed:
        outcome, why = FAILED, run.failed[name]
    elif name in run.skipped:
        outcome, why = SKIPPED, f"{run.skipped[name]}."
    sound = outcome != FAILED
    compared: Comparison | None = None
    if outcome == COMPLETE:
        try:
            compared = counts.compare(name)
        except ApiError as error:
            sound, why = False, f"The API's count is unknown: {error.message}"
    if compared is not None:
        sound, why = compared.explained, compared.why
    if table.keys != table.rows:
        duplicates = quantity(table.rows - table.keys, "row has", "rows have")
        sound, why = False, f"{why} {duplicates} the same key as another row.".strip()
    is_whole = outcome == COMPLETE and not stream.supports_incremental
    return Finding(
        stream=name,
        outcome=outcome,
        why=why,
        rows=table.rows,
        distinct_keys=table.keys,
        added=added,
        gone=table.rows - table.read if is_whole else compared.gone if compared else 0,
        time_column=table.time,
        first=table.first,
        last=table.last,
        counted=None if compared is None else compared.counted,
        difference=None if compared is None else compared.difference,
        sound=sound,
    )


def _notice(outcome: str, why: str, names: list[str]) -> str:
    """Return a sentence about streams with the same outcome for the same reason."""
    streams = ", ".join(names)
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
