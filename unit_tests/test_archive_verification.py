from __future__ import annotations

from dataclasses import replace

import pytest

from archive.verification import COMPLETE, FAILED, NOT_READ, SKIPPED, Finding, Verification

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
            "NOT VERIFIED: look at alerts, where rows or files may be missing. verification.md says why.",
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


def test_words_of_the_account_stay_words() -> None:
    made = verification(finding("teams", FAILED, "teams: <b>|\x1b[2J no"), warnings=["a\x1b]0;b <img> [x](y)"])
    assert "\x1b" not in made.summary() + made.page()
    assert "<img>" not in made.page()
    assert r"\<img\> \[x\](y)" in made.page()


def test_the_page_says_when_the_run_was() -> None:
    assert "a run from 26 Nov 2026, 07:04 UTC to 26 Nov 2026, 09:00 UTC." in verification(finding("teams")).page()
