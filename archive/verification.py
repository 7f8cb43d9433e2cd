"""The report that an archive ends with: what it holds, what Opsgenie counts, what is left out and why."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from archive.plain import markdown, plain
from archive.report.words import several
from archive.run import now, text
from source_opsgenie.http.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archive.counts import Compared, Counts
    from archive.run import Run
    from archive.store import Store, Table
    from source_opsgenie.opsgenie.endpoint import Endpoint
    from source_opsgenie.streams.base import ApiStream

COMPLETE = "complete"
LEFT_OUT = "left out"

# Before the reason of a stream whose parent is left out: it is the parent's.
BELOW = re.compile(r"^its parent stream \w+ was skipped: ")

# The number of one call, in Opsgenie's own words: every stream has another.
REQUEST = re.compile(r" \(request [^)]*\)")

SANDBOX = "SANDBOX: the account is made up. None of this is of a real Opsgenie account."
FAILED = "failed"


@dataclass(frozen=True)
class Finding:
    """What is known of one stream.

    Attributes:
        outcome: complete, left out, or failed.
        why: why it is left out or failed; what explains a difference; empty otherwise.
        added: rows more than when the run began.
        gone_in_opsgenie: rows that the run did not bring again, though it read all of the stream.
        counted_by_opsgenie: None where it gives no count.
        difference: rows beyond what Opsgenie counts, None where it gives no count.
        sound: whether nothing is missing, as far as can be told.
    """

    stream: str
    outcome: str
    why: str
    rows: int
    distinct_keys: int
    added: int
    gone_in_opsgenie: int
    time_column: str | None
    first: str | None
    last: str | None
    counted_by_opsgenie: int | None
    difference: int | None
    sound: bool


@dataclass(frozen=True)
class Verification:
    """What is known of the whole archive."""

    started: str
    finished: str
    endpoint: str
    is_sandbox: bool
    findings: list[Finding]
    warnings: list[str]

    @property
    def is_sound(self) -> bool:
        """Whether nothing is missing without an explanation."""
        return all(finding.sound for finding in self.findings)

    @property
    def verdict(self) -> str:
        """The verdict in words."""
        unsound = [finding.stream for finding in self.findings if not finding.sound]
        if unsound:
            return f"NOT VERIFIED: look at {', '.join(unsound)}."
        left_out = [finding.stream for finding in self.findings if finding.outcome == LEFT_OUT]
        if not left_out:
            return f"Everything is here: {self._how}."
        are = several(len(left_out), "stream is", "streams are")
        return f"Everything that the key and the plan include is here: {self._how}. {are} left out."

    @property
    def _how(self) -> str:
        """How that is known."""
        complete = [finding for finding in self.findings if finding.outcome == COMPLETE]
        counted = [finding.stream for finding in complete if finding.counted_by_opsgenie is not None]
        parts = []
        if counted:
            streams = several(len(counted), "stream has", "streams have")
            parts.append(f"{streams} the number of rows that Opsgenie itself counts ({', '.join(counted)})")
        if len(complete) > len(counted):
            others = several(
                len(complete) - len(counted), "stream that it does not count was", "streams that it does not count were"
            )
            parts.append(f"{others} read to the end")
        return ", and ".join(parts) or "nothing was to be read"

    @property
    def notices(self) -> list[str]:
        """What a reader of the rows has to know first: what is left out, and what failed, with the reason."""
        reasons: dict[tuple[str, str], list[str]] = {}
        for finding in self.findings:
            if finding.outcome != COMPLETE:
                why = REQUEST.sub("", BELOW.sub("", finding.why.removeprefix(f"{finding.stream}: ")))
                reasons.setdefault((finding.outcome, why), []).append(finding.stream)
        return [_notice(outcome, why, names) for (outcome, why), names in reasons.items()]

    def facts(self) -> dict[str, Any]:
        """Give it as data."""
        return {"sound": self.is_sound, "verdict": self.verdict, **asdict(self)}

    def page(self) -> str:
        """Give it as a page of Markdown."""
        rows = sum(finding.rows for finding in self.findings)
        added = sum(finding.added for finding in self.findings)
        lines = [
            "# Verification of the archive",
            "",
            *([f"**{SANDBOX}**", ""] if self.is_sandbox else []),
            f"**{self.verdict}**",
            "",
            f"Account at {self.endpoint}; run from {self.started} to {self.finished}.",
            f"{rows:,} rows, {added:,} of them new.",
            "",
            "| stream | outcome | rows | new | distinct keys | first | last | Opsgenie counts | difference |",
            "| --- | --- | ---: | ---: | ---: | --- | --- | ---: | ---: |",
        ]
        lines += [
            f"| {each.stream} | {each.outcome} | {each.rows:,} | {each.added:,} | {each.distinct_keys:,} "
            f"| {each.first or ''} | {each.last or ''} | {number(each.counted_by_opsgenie)} "
            f"| {number(each.difference)} |"
            for each in self.findings
        ]
        notes = [f"- {markdown(note)}" for note in self._notes]
        lines += section("What there is to know", notes)
        lines += section("Warnings of the connector", [f"- {markdown(warning)}" for warning in self.warnings])
        return "\n".join(lines) + "\n"

    @property
    def _notes(self) -> list[str]:
        """What there is to know of streams: identical reasons in one sentence."""
        notes = [*self.notices]
        for each in self.findings:
            if each.outcome == COMPLETE and each.why:
                notes.append(f"{each.stream}: {each.why}")
            if each.gone_in_opsgenie and each.difference is None:
                gone = several(each.gone_in_opsgenie, "row is", "rows are")
                notes.append(f"{each.stream}: {gone} no longer in Opsgenie, and kept here.")
        return notes

    def told(self) -> str:
        """Give it for a terminal."""
        lines = [f"\n{'stream':<28}{'outcome':<10}{'rows':>10}{'new':>10}{'keys':>10}{'counted':>10}  first to last"]
        for each in self.findings:
            span = f"{each.first[:10]} to {(each.last or '')[:10]}" if each.first else ""
            lines.append(
                f"{each.stream:<28}{each.outcome:<10}{each.rows:>10,}{each.added:>10,}{each.distinct_keys:>10,}"
                f"{number(each.counted_by_opsgenie):>10}  {span}"
            )
        lines += map(plain, self._notes)
        lines += [f"Warning: {plain(warning)}" for warning in self.warnings]
        return "\n".join([*lines, "", *([SANDBOX] if self.is_sandbox else []), self.verdict])


def verify(streams: Iterable[ApiStream], store: Store, run: Run, counts: Counts, address: Endpoint) -> Verification:
    """Look at every stream."""
    findings = []
    for stream in streams:
        table = store.look(stream.name, stream.primary_key, run.since)
        added = table.rows - run.before.get(stream.name, 0)
        findings.append(_finding(stream, table, added, run, counts))
    # Plain http leads to this machine only, and Opsgenie is not on it.
    is_sandbox = address.scheme == "http"
    return Verification(run.started, text(now()), address.authority, is_sandbox, findings, run.warnings)


def _finding(stream: ApiStream, table: Table, added: int, run: Run, counts: Counts) -> Finding:
    name = stream.name
    outcome, why = COMPLETE, ""
    if name in run.failed:
        outcome, why = FAILED, run.failed[name]
    elif name in run.left_out:
        outcome, why = LEFT_OUT, f"{run.left_out[name]}."
    sound = outcome != FAILED
    compared: Compared | None = None
    if outcome == COMPLETE:
        try:
            compared = counts.compare(name)
        except ApiError as error:
            sound, why = False, f"Opsgenie's count is not known: {error.message}"
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
        gone_in_opsgenie=table.rows - table.read if is_whole else compared.gone if compared else 0,
        time_column=table.time,
        first=table.first,
        last=table.last,
        counted_by_opsgenie=None if compared is None else compared.counted,
        difference=None if compared is None else compared.difference,
        sound=sound,
    )


def _notice(outcome: str, why: str, names: list[str]) -> str:
    """Say what became of streams, all for the same reason."""
    streams = ", ".join(names)
    if outcome == FAILED:
        return f"{several(len(names), 'stream')} failed ({streams}): {why}"
    return f"{several(len(names), 'stream is', 'streams are')} left out ({streams}), because {why}"


def section(title: str, lines: list[str]) -> list[str]:
    """Give a section of a page; nothing without lines."""
    return ["", f"## {title}", "", *lines] if lines else []


def number(count: int | None) -> str:
    """Write a number that may not be known."""
    return "" if count is None else f"{count:,}"
