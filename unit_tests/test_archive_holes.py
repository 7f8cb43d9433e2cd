"""What the archive makes of the connector's warnings that rows or fields are missing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import pytest

from archive.counts import Comparison, Counts
from archive.files import FilesSummary
from archive.holes import ADDED_LATER, NO_FIELDS, NO_ROWS, NO_ROWS_YET
from archive.origin import Origin
from archive.row_counts import LOST
from archive.run import Run
from archive.selection import Selection
from archive.sight import Sight
from archive.store import TableSummary
from archive.verification import COMPLETE, NOT_READ, SKIPPED, UNVERIFIED, Verification, verify
from source_opsgenie.config import Config
from source_opsgenie.http.errors import RefusedError, transient_error
from source_opsgenie.jsm.streams.base import MISSING
from source_opsgenie.streams.base import ANOTHER_OBJECT, GOES_ON_WITHOUT_ROWS
from source_opsgenie.streams.checkpointed import WIDER_KEY
from source_opsgenie.streams.history import FEWER_NOW
from source_opsgenie.streams.history_sub_stream import LATE_ROW
from source_opsgenie.streams.resumed import APPEARED, FEWER_READ
from source_opsgenie.streams.skips import NONE_FOUND, Skips, StreamSkippedError

ORIGIN = Origin.of(Config.parse({"api_token": "0123456789abcdef"}))
SITE = {"site": "acme.atlassian.net", "email": "me@example.com", "organization_id": "o"}
JSM = Origin.of(Config.parse({"api_token": "0123456789abcdef", "jira_service_management": SITE}))
STARTED = "2026-03-10T12:00:00.000+00:00"
NOTES = "alert_notes: the rows of 2 alerts were skipped, because the key may not (HTTP 403): a1, a2."
ROLES = "team_roles: the rows of 3 teams were skipped, because the key may not (HTTP 403): t1, t2, t3."


class Kept:
    """An archive of three rows of each stream, two of which this run read, as `Store` answers about them."""

    def __init__(self, **tables: TableSummary) -> None:
        self.warnings: list[str] = []
        self.tables = tables

    def summarize(self, name: str, *_: object) -> TableSummary:
        return self.tables.get(name, TableSummary(3, 3, 2, None, None, None))

    def count(self, name: str) -> int:
        return self.summarize(name).rows

    def columns(self, _: str) -> dict[str, str]:
        return {}

    def rows(self, *_: object) -> list[Any]:
        return [(each,) for each in self.warnings]

    def execute(self, _: str, *values: str) -> None:
        self.warnings += values


def verified(
    *names: str,
    warnings: Sequence[str] = (),
    kept: Kept | None = None,
    before: int = 3,
    origin: Origin = ORIGIN,
    **run_of: Any,
) -> Verification:
    streams = [stream for stream in origin.streams if stream.name in names]
    run = Run(STARTED, dict.fromkeys(names, before), warnings=list(warnings), **run_of)
    store: Any = kept or Kept()
    selection = Selection([stream.name for stream in streams], len(origin.streams))
    return verify(
        streams,
        store,
        run,
        Counts([], store, run),
        origin=origin,
        selection=selection,
        sight=Sight(),
        files=FilesSummary(),
    )


@pytest.fixture(autouse=True)
def nothing_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Counts, "compare", lambda *_: None)


def test_rows_that_were_refused_are_named_in_the_verdict_and_first_of_all() -> None:
    made = verified("teams", "team_roles", warnings=[ROLES])
    assert not made.is_sound
    assert made.verdict.startswith("NOT VERIFIED: ")
    assert "team_roles" in made.verdict
    assert made.notices == [
        (
            "1 stream is not verified (team_roles): The rows of 3 teams were skipped, because the key may not (HTTP "
            "403): t1, t2, t3. 1 row of earlier runs was not read again, but kept."
        )
    ]
    assert [each.outcome for each in made.findings] == [COMPLETE, UNVERIFIED]
    assert [each.gone for each in made.findings] == [1, 0]  # a row of a refused team is not gone


def test_streams_below_a_list_that_ended_early_may_lack_rows_too() -> None:
    made = verified("teams", "team_roles", "services", warnings=[f"teams: {GOES_ON_WITHOUT_ROWS}"])
    outcomes = {each.stream: (each.outcome, each.sound, each.gone) for each in made.findings}
    assert outcomes == {
        "teams": (UNVERIFIED, False, 0),
        "team_roles": (UNVERIFIED, True, 0),
        "services": (COMPLETE, True, 1),
    }


def test_fields_that_are_missing_are_named_and_the_rows_below_are_there() -> None:
    warning = (
        "teams: only the list's fields were delivered for 2 rows, because the API refused the call for the single "
        "object: no (HTTP 403): a."
    )
    made = verified("teams", "team_roles", warnings=[warning])
    assert not made.is_sound
    assert [(each.outcome, each.gone) for each in made.findings] == [(UNVERIFIED, 1), (COMPLETE, 1)]


def test_what_an_incremental_stream_lacks_is_said_by_later_runs_too() -> None:
    kept = Kept()
    assert not verified("alerts", "alert_notes", warnings=[NOTES], kept=kept).is_sound
    again = verified("alerts", "alert_notes", kept=kept)
    assert not again.is_sound
    assert again.notices == [
        (
            "1 stream is not verified (alert_notes): The rows of 2 alerts were skipped, because the key may not (HTTP "
            "403): a1, a2. If the key can read this now, copy the account again into another folder (OUTPUT): further "
            "runs may not read it."
        )
    ]
    assert len(kept.warnings) == 1
    kept = Kept()
    assert not verified("team_roles", warnings=[ROLES], kept=kept).is_sound
    assert verified("team_roles", kept=kept).is_sound  # it was read anew


@pytest.mark.parametrize(
    ("warning", "difference", "is_refuted"),
    [
        (f"alerts: {FEWER_NOW % (4, 3, 3)}", 0, True),
        (FEWER_READ % ("alerts", "Opsgenie", 4, "alerts", "2026-01-01", "2026-02-01", 3), 0, True),
        (f"alerts: {FEWER_NOW % (4, 3, 3)}", 1, False),
        # Its rows may be there, but as they were before they were hidden.
        (APPEARED % ("alerts", "Opsgenie", 1, "alerts", "2026-01-01"), 0, False),
        (f"alert_notes: {FEWER_NOW % (4, 3, 3)}", 0, False),
    ],
)
def test_a_later_count_of_the_api_refutes_that_rows_are_missing(
    warning: str, difference: int, is_refuted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alerts may be deleted while the first run reads them."""
    kept = Kept()
    assert not verified("alerts", "alert_notes", warnings=[warning], kept=kept).is_sound
    comparison = Comparison(3, 3 + difference, explained=not difference)
    monkeypatch.setattr(Counts, "compare", lambda _, name: comparison if name == "alerts" else None)
    again = verified("alerts", "alert_notes", kept=kept)
    assert (again.is_sound, again.remembered) == (is_refuted, [warning])
    monkeypatch.setattr(Counts, "compare", lambda *_: Comparison(3, 4, explained=False))
    assert not verified("alerts", kept=kept).is_sound


def test_a_stream_that_was_skipped_lacks_no_names() -> None:
    warning, kept = MISSING % ("users", "the token lacks the scope for it (HTTP 401)."), Kept()
    skipped = {"schedule_timelines": "the token lacks the scope for it"}
    verified("schedule_timelines", warnings=[warning], kept=kept, origin=JSM, skipped=skipped)
    assert kept.warnings == []
    verified("schedule_timelines", warnings=[warning], kept=kept, origin=JSM)
    assert len(kept.warnings) == 1


def test_what_a_stream_lacks_is_said_when_it_is_skipped_too() -> None:
    kept = Kept()
    verified("alerts", "alert_notes", warnings=[NOTES], kept=kept)
    again = verified("alerts", "alert_notes", kept=kept, skipped={"alert_notes": "the plan does not include it"})
    (finding,) = (each for each in again.findings if each.stream == "alert_notes")
    assert (finding.outcome, finding.sound) == (SKIPPED, False)
    assert finding.why.startswith("the plan does not include it. The rows of 2 alerts were skipped, because ")
    assert again.verdict.startswith("NOT VERIFIED: rows or files may be missing in alert_notes")


@pytest.mark.parametrize("name", ["alert_recipients", "user_schedules"])
def test_rows_that_are_gone_from_a_table_that_cannot_be_read_any_more_are_missing_in_all_later_runs(name: str) -> None:
    kept = Kept()
    warnings = [LOST % (name, "2 rows", "are")]
    for told in (verified(name, warnings=warnings, kept=kept, origin=JSM), verified(name, kept=kept, origin=JSM)):
        (finding,) = told.findings
        assert (finding.outcome, finding.sound) == (NOT_READ, False)
        assert "2 rows that the table had at the end of the last run are missing now." in finding.why
        assert any(finding.why in notice for notice in told.notices)


def test_what_an_earlier_version_said_is_missing_stays_so_when_the_words_change() -> None:
    kept = Kept()
    kept.warnings.append("alert_notes: in the words of an earlier version, rows are missing.")
    assert not verified("alerts", "alert_notes", kept=kept).is_sound
    assert verified("alerts", kept=kept).is_sound


def test_what_was_missing_in_an_unfinished_run_of_other_streams_is_said_too() -> None:
    kept = Kept()
    assert verified("teams", warnings=[NOTES], kept=kept).is_sound
    assert not verified("alerts", "alert_notes", kept=kept).is_sound


def test_what_the_next_run_asks_for_again_is_said_by_this_run_only() -> None:
    kept = Kept()
    warning = NONE_FOUND % ("alert_notes", "2 alerts", 404)
    assert not verified("alerts", "alert_notes", warnings=[warning], kept=kept).is_sound
    assert verified("alerts", "alert_notes", kept=kept).is_sound


def test_rows_that_later_runs_may_miss_spoil_only_their_verdicts() -> None:
    kept = Kept()
    warning = f"alert_notes: {LATE_ROW}" % ("alert a", "2026-11-02", "alert", "2026-11-01", "Opsgenie")
    assert verified("alerts", "alert_notes", warnings=[warning], kept=kept).is_sound
    later = verified("alerts", "alert_notes", kept=kept)
    assert not later.is_sound
    assert kept.warnings == [f"alert_notes: {ADDED_LATER}"]


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (RefusedError(403, "the key may not"), "The call was refused, because the key may not."),
        (transient_error("No answer."), "No answer."),
        (StreamSkippedError(), "The call was refused."),
    ],
)
def test_without_a_count_that_there_should_be_a_stream_is_not_verified(
    error: Exception, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compare(*_: object) -> None:
        raise error

    monkeypatch.setattr(Counts, "compare", compare)
    made = verified("alerts")
    assert not made.is_sound
    assert made.findings[0].why == f"The API's count is unknown: {why}"


def test_a_wider_key_leaves_out_rows_of_the_incremental_streams_that_were_read_before(
    caplog: pytest.LogCaptureFixture,
) -> None:
    (alerts,) = (stream for stream in ORIGIN.streams if stream.name == "alerts")
    alerts.logger.warning(WIDER_KEY)
    kept, streams = Kept(), ("teams", "team_logs", "alert_logs")
    made = verified(*streams, warnings=caplog.messages, kept=kept)
    assert [each.outcome for each in made.findings] == [UNVERIFIED, COMPLETE, UNVERIFIED]  # in the catalog's order
    assert not made.is_sound
    told = (
        "An earlier run could not read the account, as with a team's key, so older rows that only the present key can "
        "read may be missing. If the key can read this now, copy the account again into another folder (OUTPUT): "
        "further runs may not read it."
    )
    assert made.findings[0].why == told
    assert verified(*streams, kept=kept).findings[0].why == told  # the connector warns once
    assert verified(*streams, warnings=caplog.messages, before=0).is_sound


def test_names_that_are_missing_are_missing_in_the_streams_that_use_them(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("holes").warning(MISSING, "users", "the token has no right to read it.")
    streams = ("teams", "schedules", "schedule_timelines", "escalations", "integrations")
    kept = Kept()
    made = verified(*streams, warnings=caplog.messages, kept=kept, origin=JSM)
    why = "Names of users are missing in rows that refer to them: the token has no right to read it."
    assert {each.stream for each in made.findings if why in each.why} == {
        "schedules",
        "schedule_timelines",
        "escalations",
    }
    assert not made.is_sound
    # Periods are read once, everything else is read again.
    made = verified(*streams, kept=kept, origin=JSM)
    assert [each.stream for each in made.findings if not each.sound] == ["schedule_timelines"]
    # A run that does not read the periods leaves none without names.
    kept = Kept()
    verified("teams", "schedules", warnings=caplog.messages, kept=kept, origin=JSM)
    assert verified("schedule_timelines", kept=kept, origin=JSM).is_sound


def test_rows_without_names_are_whole_though_those_above_them_lack_some(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("holes").warning(MISSING, "teams", "the token has no right to read it.")
    streams = ("integrations", "integration_actions", "alert_recipients")
    made = verified(*streams, warnings=caplog.messages, origin=JSM)
    assert [each.stream for each in made.findings if each.outcome == UNVERIFIED] == ["integrations"]


def test_what_is_not_quoted_is_counted() -> None:
    warnings = [NOTES.replace("2 alerts", f"{number} alerts") for number in range(3, 7)]
    (finding,) = verified("alert_notes", warnings=warnings[1:]).findings
    assert "6 alerts" in finding.why
    assert "more such warnings" not in finding.why
    (finding,) = verified("alert_notes", warnings=warnings).findings
    assert "6 alerts" not in finding.why
    assert "verification.md quotes 1 more such warnings." in finding.why


def test_the_warnings_of_earlier_runs_are_quoted_once() -> None:
    kept = Kept()
    verified("alert_notes", warnings=[f"{NOTES} (request r1)"], kept=kept)
    later = verified("alert_notes", kept=kept)
    assert (later.warnings, later.remembered) == ([], kept.warnings)
    assert "## Warnings of earlier runs\n" in later.page()
    again = verified("alert_notes", warnings=[f"{NOTES} (request r2)"], kept=kept)
    assert (len(again.warnings), again.remembered) == (1, [])


def test_a_child_selected_alone_is_not_sound_if_its_parent_lacks_rows() -> None:
    assert not verified("team_roles", warnings=[f"teams: {GOES_ON_WITHOUT_ROWS}"]).is_sound


def test_other_warnings_are_no_holes() -> None:
    warnings = [
        *(
            f"integration_actions: the rows of 2 integrations were skipped, because it has none (HTTP {status}): a."
            for status in (404, 422)
        ),
        "teams: the answer contains a value that was replaced.",
        (
            "alerts: only the list's fields were delivered for 1 row, because the API refused the call for the single "
            "object: gone (HTTP 404): a."
        ),
        "audit_logs: JSM Operations keeps the audit log for 180 days, so lines from before 2026-01-01 cannot be read.",
        "alerts: 2 values of 'count' are not in the table, because it is not a number; they are in set_aside.jsonl.",
    ]
    kept = Kept()
    assert verified("teams", "alerts", "audit_logs", "integration_actions", warnings=warnings, kept=kept).is_sound
    assert kept.warnings == []


def test_the_warnings_are_those_of_the_connector(caplog: pytest.LogCaptureFixture) -> None:
    skips, parent, skipped = (Skips(name, logging.getLogger("holes")) for name in ("notes", "alerts", "teams"))
    refusal = RefusedError(403, "the key may not")
    skips.skip_parent("a", refusal)
    skips.skip_account(refusal)
    skips.skip_detail("b", refusal)
    skips.report()
    parent.skip_parent("a", refusal)
    skips.inherit(parent)
    skips.report()
    lost = Skips("logs", logging.getLogger("holes"))
    lost.skip_parent("a", RefusedError(404, "it is gone"))
    lost.report()
    assert NO_ROWS_YET.match(caplog.messages.pop())
    caplog.records.pop()
    skipped.because, skips.answered = "the key may not", True
    with pytest.raises(StreamSkippedError):
        skips.inherit(skipped)
    kinds = [
        (bool(NO_ROWS.match(each.getMessage())), bool(NO_FIELDS.match(each.getMessage()))) for each in caplog.records
    ]
    assert kinds == [(True, False), (True, False), (False, True), (True, False), (True, False)]


@pytest.mark.parametrize("name", ["teams", "users"])
def test_the_warnings_of_lists_are_those_of_the_connector(name: str, caplog: pytest.LogCaptureFixture) -> None:
    (stream,) = (each for each in ORIGIN.streams if each.name == name)
    assert not stream.has_keys({}, ["id"])
    stream.warn_once(GOES_ON_WITHOUT_ROWS)
    assert stream.shaped(["odd"], {}) == []
    stream.compare(2, 3)
    assert len(caplog.records) == 4
    assert all(NO_ROWS.match(each.getMessage()) for each in caplog.records)
    stream.warn_once(ANOTHER_OBJECT)
    assert NO_FIELDS.match(caplog.messages[-1])
