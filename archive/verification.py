"""The report that an archive ends with: what it holds, what the API counts, what is skipped and why."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from archive.files import Found
from archive.moved import key_of
from archive.origin import OPSGENIE
from archive.plain import markdown, plain, without_request
from archive.report.words import minute, several
from archive.run import moment, now, text
from source_opsgenie.http.errors import ApiError
from source_opsgenie.streams.unavailable import UnavailableStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archive.counts import Compared, Counts
    from archive.origin import Origin
    from archive.run import Run
    from archive.store import Store, Table
    from source_opsgenie.streams.base import ApiStream

COMPLETE = "complete"
SKIPPED = "skipped"
NOT_READ = "not read"
FAILED = "failed"

# Before the reason of a stream whose parent is skipped: it is the parent's.
BELOW = re.compile(r"^its parent stream \w+ was skipped: ")

SANDBOX = "SANDBOX: the account is made up. None of this is of a real account."


@dataclass(frozen=True)
class Finding:
    """What is known of one stream.

    Attributes:
        outcome: complete, skipped (by the key or the plan), not read (the API does not have it), or failed.
        why: why it is not complete; what explains a difference; empty otherwise.
        added: rows more than when the run began.
        gone: rows that the run did not bring again, though it read all of the stream.
        counted: what the API counts, None where it gives no count.
        difference: rows beyond that count, None where there is none.
        sound: whether nothing is missing, as far as can be told.
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
    """What is known of the whole archive.

    Attributes:
        api: the name of the API that the run read.
        endpoint: its host, or the site.
        files: what is known of the files.
    """

    started: str
    finished: str
    api: str
    endpoint: str
    is_sandbox: bool
    findings: list[Finding]
    warnings: list[str]
    files: Found = field(default_factory=Found)

    @property
    def period(self) -> str:
        """When the run began and ended."""
        return " to ".join(minute(moment(when)) for when in (self.started, self.finished))

    @property
    def is_sound(self) -> bool:
        """Whether nothing is missing without an explanation."""
        return self.files.is_sound and all(finding.sound for finding in self.findings)

    @property
    def verdict(self) -> str:
        """The verdict in words."""
        unsound = [finding.stream for finding in self.findings if not finding.sound]
        unsound += [] if self.files.is_sound else ["the files"]
        if unsound:
            return f"NOT VERIFIED: look at {', '.join(unsound)}."
        skipped, not_read = (sum(each.outcome == outcome for each in self.findings) for outcome in (SKIPPED, NOT_READ))
        included = f" that {self.api} shows" if not_read else ""
        words = [f"Everything{included} is here: {self._how}."]
        if skipped:
            key = "key" if self.api == OPSGENIE else "token"
            are = several(skipped, "stream is", "streams are")
            words = [f"Everything that the {key} and the plan include is here: {self._how}. {are} skipped."]
        if not_read:
            words.append(f"{several(not_read, 'table')} cannot be read from {self.api}.")
        if self.files.missing:
            words.append(f"{several(self.files.missing, 'file')} could not be fetched.")
        return " ".join(words)

    @property
    def _how(self) -> str:
        """How that is known."""
        complete = [finding for finding in self.findings if finding.outcome == COMPLETE]
        counted = [finding.stream for finding in complete if finding.counted is not None]
        parts = []
        if counted:
            streams = several(len(counted), "stream has", "streams have")
            parts.append(f"{streams} the number of rows that {self.api} itself counts ({', '.join(counted)})")
        if len(complete) > len(counted):
            others = several(
                len(complete) - len(counted), "stream that it does not count was", "streams that it does not count were"
            )
            parts.append(f"{others} read to the end")
        return ", and ".join(parts) or "nothing was to be read"

    @property
    def notices(self) -> list[str]:
        """What a reader of the rows has to know first: what is skipped, and what failed, with the reason."""
        return [*self._reasons(SKIPPED, FAILED), *self._not_read(), *self._kept()]

    @property
    def absent(self) -> frozenset[str]:
        """The streams that could not be read, and of which nothing was read before."""
        return frozenset(each.stream for each in self.findings if each.outcome != COMPLETE and not each.rows)

    def _not_read(self) -> Iterator[str]:
        """Say which tables the API does not have; there are many of them, and a reason for nearly each."""
        not_read = [finding for finding in self.findings if finding.outcome == NOT_READ]
        if not_read:
            names = ", ".join(finding.stream for finding in not_read)
            yield (
                f"{several(len(not_read), 'table')} cannot be read from {self.api} ({names}): verification.md gives "
                "the reason of each."
            )

    def _kept(self) -> Iterator[str]:
        """Say what such tables hold."""
        kept = [
            f"{finding.stream} ({several(finding.rows, 'row')})"
            for finding in self.findings
            if finding.outcome == NOT_READ and finding.rows
        ]
        if kept:
            yield f"What was read of such tables from Opsgenie, before the account moved, is kept: {', '.join(kept)}."

    def _reasons(self, *outcomes: str) -> list[str]:
        """Say what became of the streams that ended so: identical reasons in one sentence."""
        reasons: dict[tuple[str, str], list[str]] = {}
        for finding in self.findings:
            if finding.outcome in outcomes:
                why = without_request(BELOW.sub("", finding.why.removeprefix(f"{finding.stream}: ")))
                reasons.setdefault((finding.outcome, why), []).append(finding.stream)
        return [_notice(outcome, why, names) for (outcome, why), names in reasons.items()]

    def facts(self) -> dict[str, Any]:
        """Return it as data."""
        return {"sound": self.is_sound, "verdict": self.verdict, **asdict(self)}

    def page(self) -> str:
        """Return it as a page of Markdown."""
        rows = sum(finding.rows for finding in self.findings)
        added = sum(finding.added for finding in self.findings)
        lines = [
            "# Verification of the archive",
            "",
            *([f"**{SANDBOX}**", ""] if self.is_sandbox else []),
            f"**{self.verdict}**",
            "",
            f"Account at {self.endpoint}; run from {self.period}.",
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
        lines += section("What there is to know", notes)
        lines += section("Files", [f"- {markdown(note)}" for note in self.files.notes()])
        lines += section("Warnings of the connector", [f"- {markdown(warning)}" for warning in self.warnings])
        return "\n".join(lines) + "\n"

    @property
    def _notes(self) -> list[str]:
        """What there is to know of streams: identical reasons in one sentence."""
        notes = [*self._reasons(SKIPPED, FAILED, NOT_READ), *self._kept()]
        for each in self.findings:
            if each.outcome == COMPLETE and each.why:
                notes.append(f"{each.stream}: {each.why}")
            if each.gone and each.difference is None:
                gone = several(each.gone, "row is", "rows are")
                notes.append(f"{each.stream}: {gone} no longer in {self.api}, and kept here.")
        return notes

    def told(self) -> str:
        """Return it for a terminal."""
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
    streams: Iterable[ApiStream], store: Store, run: Run, counts: Counts, *, origin: Origin, files: Found
) -> Verification:
    """Look at every stream."""
    findings = []
    for stream in streams:
        table = store.look(stream.name, key_of(stream, store), run.since)
        added = table.rows - run.before.get(stream.name, 0)
        findings.append(_finding(stream, table, added, run, counts))
    return Verification(
        run.started, text(now()), origin.api, origin.host, origin.is_sandbox, findings, run.warnings, files
    )


def _finding(stream: ApiStream, table: Table, added: int, run: Run, counts: Counts) -> Finding:
    name = stream.name
    outcome, why = COMPLETE, ""
    if isinstance(stream, UnavailableStream):
        outcome, why = NOT_READ, stream.reason
    elif name in run.failed:
        outcome, why = FAILED, run.failed[name]
    elif name in run.skipped:
        outcome, why = SKIPPED, f"{run.skipped[name]}."
    sound = outcome != FAILED
    compared: Compared | None = None
    if outcome == COMPLETE:
        try:
            compared = counts.compare(name)
        except ApiError as error:
            sound, why = False, f"The API's count is not known: {error.message}"
    if compared is not None:
        sound, why = compared.explained, compared.why
    if table.keys != table.rows:
        sound, why = False, f"{why} {table.rows - table.keys} rows have the key of another.".strip()
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
    """Say what became of streams, all for the same reason."""
    streams = ", ".join(names)
    if outcome == FAILED:
        return f"{several(len(names), 'stream')} failed ({streams}): {why}"
    if outcome == NOT_READ:
        return f"{several(len(names), 'table')} cannot be read ({streams}): {why}"
    return f"{several(len(names), 'stream is', 'streams are')} skipped ({streams}), because {why}"


def section(title: str, lines: list[str]) -> list[str]:
    """Return a section of a page; nothing without lines."""
    return ["", f"## {title}", "", *lines] if lines else []


def number(count: int | None) -> str:
    """Write a number that may not be known."""
    return "" if count is None else f"{count:,}"
