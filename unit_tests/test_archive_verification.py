from __future__ import annotations

from dataclasses import replace

import pytest

from archive import last_read
from archive.counts import Comparison, Counts
from archive.row_counts import LOST
from archive.store import TableSummary
from archive.verification import COMPLETE, FAILED, NOT_READ, SKIPPED, UNVERIFIED, Finding, Verification
from source_opsgenie.streams.base import GOES_ON_WITHOUT_ROWS
from unit_tests.test_archive_holes import JSM, Kept, verified

KEY = "the key lacks Configuration Access"
BEGUN, ENDED = "2026-11-26T07:04:05.678+00:00", "2026-11-26T09:00:00.000+00:00"


def finding(stream: str, outcome: str = COMPLETE, why: str = "", counted: int | None = None) -> Finding:
    return Finding(
        stream=stream,
        outcome=outcome,
        why=why,
        rows=3,
        distinct_keys=3,
        added=3,
        gone=0,
        time_column=None,
        first=None,
        last=None,
        counted=counted,
        difference=None if counted is None else 3 - counted,
        sound=outcome != FAILED,
    )


def verification(*findings: Finding, warnings: list[str] | None = None) -> Verification:
    return Verification(BEGUN, ENDED, "Opsgenie", "api.opsgenie.com", False, list(findings), warnings or [])


@pytest.mark.parametrize(
    ("findings", "verdict"),
    [
        (
            [finding("alerts", counted=3), finding("teams")],
            (
                "Everything that the API of Opsgenie lists is here: 1 stream has all rows that Opsgenie counts "
                "(alerts), and 1 stream without such a count was read to the end."
            ),
        ),
        (
            [finding("alerts", counted=3), finding("teams", SKIPPED, f"{KEY}.")],
            (
                "1 of 2 streams is here: 1 stream has all rows that Opsgenie counts (alerts). 1 stream is skipped, "
                "because the key or the plan does not include it."
            ),
        ),
        (
            [finding("alerts", FAILED, "alerts: gave up."), finding("teams")],
            "NOT VERIFIED: rows or files may be missing in alerts. verification.md says why.",
        ),
    ],
)
def test_the_verdict_says_how_it_knows(findings: list[Finding], verdict: str) -> None:
    assert verification(*findings).verdict == verdict


def test_one_reason_is_told_once_for_all_streams_that_have_it() -> None:
    told = verification(
        finding("users", SKIPPED, f"{KEY} (request 1)."),
        finding("contacts", SKIPPED, f"its parent stream users was skipped: {KEY} (request 2)."),
        finding("teams", FAILED, "teams: gave up after 9 attempts."),
        finding("incidents", SKIPPED, "the account's plan does not include it."),
    ).notices
    assert told == [
        f"2 streams are skipped (users, contacts), because {KEY}.",
        "1 stream failed (teams): gave up after 9 attempts.",
        "1 stream is skipped (incidents), because the account's plan does not include it.",
    ]


def test_tables_that_jsm_does_not_have_are_named_and_what_they_hold() -> None:
    findings = [
        finding("alerts", counted=3),
        finding("teams"),
        finding("incidents", NOT_READ, "An incident is an issue."),
    ]
    findings.append(replace(finding("account", NOT_READ, "JSM has none."), rows=0))
    made = Verification(BEGUN, ENDED, "JSM Operations", "acme.atlassian.net", False, findings, [])
    assert made.verdict == (
        "Everything that the API of JSM Operations lists is here: 1 stream has all rows that JSM Operations counts "
        "(alerts), and 1 stream without such a count was read to the end. 2 tables cannot be read from JSM Operations."
    )
    kept = "Rows of these tables that earlier runs read are kept: incidents (3 rows)."
    assert made.notices == [
        "2 tables cannot be read from JSM Operations (incidents, account): verification.md gives the reason for each.",
        kept,
    ]
    for words in ("1 table cannot be read (incidents): An incident is an issue.", "JSM Operations counts", kept):
        assert words in made.page()
    assert made.absent == {"account"}


def test_what_each_table_lacks_is_kept_for_the_time_after_the_move() -> None:
    lacks = verification(
        finding("alerts", why="Two are gone."),
        finding("users", UNVERIFIED, "One is missing."),
        finding("teams", FAILED, "teams: gave up."),
        finding("incidents", SKIPPED, "the plan does not include it."),
        replace(finding("services", SKIPPED, "the plan does not include it."), rows=0),
        finding("policies", NOT_READ, "Opsgenie has no such list."),
    ).lacks()
    assert lacks == {
        "alerts": "",
        "users": "One is missing.",
        "teams": "teams: gave up.",
        "incidents": "the plan does not include it.",
        "services": "",
    }


def test_words_of_the_account_stay_words() -> None:
    made = verification(finding("teams", FAILED, "teams: <b>|\x1b[2J no"), warnings=["a\x1b]0;b <img> [x](y)"])
    assert "\x1b" not in made.summary() + made.page()
    assert "<img>" not in made.page()
    assert r"\<img\> \[x\](y)" in made.page()


def test_the_page_says_when_the_run_was() -> None:
    assert "a run from 26 Nov 2026, 07:04 UTC to 26 Nov 2026, 09:00 UTC." in verification(finding("teams")).page()


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> dict[str, Comparison]:
    """Let these be the comparisons with the API's counts; other streams have no count."""
    comparisons: dict[str, Comparison] = {}
    monkeypatch.setattr(Counts, "compare", lambda _, name: comparisons.get(name))
    return comparisons


TWICE = TableSummary(3, 2, 3, None, None, None)  # a table with two rows that have the same key
GONE = Comparison(3, 1, "Two are gone.", gone=2)
MISSING = Comparison(3, 4, "One is missing.", explained=False)


@pytest.mark.usefixtures("compared")
def test_rows_of_a_stream_that_failed_or_was_skipped_are_not_said_to_be_gone() -> None:
    failed = verified("teams", failed={"teams": "teams: gave up."})
    (found,) = failed.findings
    assert (found.outcome, found.why, found.sound, found.gone) == (FAILED, "teams: gave up.", False, 0)
    (found,) = verified("teams", skipped={"teams": KEY}).findings
    assert (found.outcome, found.why, found.sound, found.gone) == (SKIPPED, f"{KEY}.", True, 0)
    assert (found.rows, found.added) == (3, 0)
    lost = verified("teams", skipped={"teams": KEY}, warnings=[LOST % ("teams", "2 rows", "are")])
    assert not lost.is_sound
    assert f"{KEY}. 2 rows that the table had" in lost.findings[0].why


@pytest.mark.usefixtures("compared")
def test_rows_with_the_same_key_are_counted() -> None:
    (found,) = verified("teams", kept=Kept(teams=TWICE)).findings
    assert (found.outcome, found.sound) == (UNVERIFIED, False)
    assert found.why == "1 row has the same key as another row; all of them are kept."


def test_a_stream_is_complete_only_if_a_difference_is_explained(compared: dict[str, Comparison]) -> None:
    compared |= {"alerts": GONE, "incidents": MISSING, "users": GONE}
    made = verified("alerts", "incidents", "users")
    outcomes = {each.stream: (each.outcome, each.counted, each.difference, each.gone) for each in made.findings}
    assert outcomes == {
        "alerts": (COMPLETE, 1, 2, 2),
        "incidents": (UNVERIFIED, 4, -1, 0),
        "users": (COMPLETE, 1, 2, 2),
    }
    assert "may be missing in incidents." in made.verdict


def test_what_else_may_lack_rows_is_doubted_unless_it_is_counted_or_read_anew(compared: dict[str, Comparison]) -> None:
    compared |= {"alerts": GONE, "incidents": MISSING}
    streams = ("alerts", "alert_notes", "incidents", "incident_notes", "team_logs", "teams")
    expected = {"incident_notes", "alert_notes", "team_logs"}
    made = verified(*streams, before=2)
    doubted = {each.stream: each.why for each in made.findings if each.outcome == UNVERIFIED and each.sound}
    assert doubted == dict.fromkeys(expected, "Rows may be missing here, as in incidents.")
    first = verified(*streams, before=0)  # has read everything
    assert {each.stream for each in first.findings if each.outcome == UNVERIFIED} == {"incidents", "incident_notes"}


def test_that_a_list_is_read_anew_is_no_reason_to_doubt_others(compared: dict[str, Comparison]) -> None:
    compared |= {"users": MISSING}
    made = verified("users", "contacts", "alert_notes", before=2)
    assert {each.stream for each in made.findings if each.outcome == UNVERIFIED} == {"users", "contacts"}


def test_one_fault_does_not_hide_another(compared: dict[str, Comparison]) -> None:
    compared |= {"users": MISSING}
    warnings = ["users: " + GOES_ON_WITHOUT_ROWS, "teams: " + GOES_ON_WITHOUT_ROWS]
    users, teams, roles = verified(
        "users", "teams", "team_roles", warnings=warnings, kept=Kept(team_roles=TWICE)
    ).findings
    assert (users.stream, teams.stream, roles.stream) == ("users", "teams", "team_roles")
    assert users.why.endswith(" One is missing. 1 row of earlier runs was not read again, but kept.")
    assert not roles.sound
    assert roles.why.startswith("Rows may be missing here, as in teams. 1 row has the same key as another row")


@pytest.mark.usefixtures("compared")
def test_what_the_last_read_from_opsgenie_lacked_is_said_of_tables_that_are_not_read_any_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(last_read, "lacking", lambda *_: "Half of it is missing.")
    made = verified("alerts", "incidents", "teams", origin=JSM, skipped={"teams": KEY})
    assert {each.stream for each in made.findings if not each.sound} == {"incidents"}


@pytest.mark.usefixtures("compared")
def test_streams_that_are_neither_selected_nor_in_the_folder_are_absent() -> None:
    none = TableSummary(0, 0, 0, None, None, None)
    made = verified("alerts", "teams", kept=Kept(teams=none, users=none))
    assert made.absent == {"users"}
    assert made.findings[1].rows == 0
