"""What a run copies of an account, and where its user reads of it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from archive import guide
from archive.origin import Origin
from archive.report.page import About, notice_list
from archive.selection import Selection
from archive.verification import COMPLETE, FAILED, SKIPPED, UNVERIFIED, Finding, Verification, doubted
from source_opsgenie.config import Config
from unit_tests.test_archive_verification import BEGUN, ENDED, KEY, finding

KEYS = {"api_token": "0123456789abcdef"}
STREAMS = ("alerts", "alert_logs", "schedule_timelines")
ALL = Selection(STREAMS, len(STREAMS))
OLDER: dict[str, int | None] = {"alerts": 275, "incidents": 1}


def selected(older: dict[str, int | None] | None = None, of: int = len(STREAMS), **further: str) -> Selection:
    return Selection.make(Config.parse({**KEYS, **further}), STREAMS, of, older or {})


def verification(selection: Selection, *findings: Finding, api: str = "Opsgenie") -> Verification:
    listed = list(findings) or [finding("alerts", counted=3)]
    return Verification(BEGUN, ENDED, api, "api.opsgenie.com", False, listed, [], selection=selection)


def readme(made: Verification) -> str:
    origin = Origin.of(Config.parse(KEYS))
    return guide.readme(origin, made, "acme", has_csv=False, has_files=False, has_set_aside=False)


def test_what_this_run_has_not_read_is_told_apart_from_what_is_not_there() -> None:
    findings = [finding("alerts"), finding("users", SKIPPED), replace(finding("teams", FAILED), rows=0)]
    made = verification(ALL, *findings)
    assert made.outdated(["alerts", "users", "teams", "incidents"]) == {"users", "incidents"}


class TestSelection:
    @pytest.mark.parametrize(
        ("selection", "sentence"),
        [
            (selected(), ""),
            (
                selected(alert_query="priority: P1"),
                'alerts that match the alert_query "priority: P1", with their child streams',
            ),
            (
                selected(OLDER, start_date="2026-06-01"),
                (
                    "alerts, incidents and on-call timelines since the start_date 2026-06-01, which leaves out 275 "
                    "older alerts and 1 older incident"
                ),
            ),
            (
                selected({"alerts": None}, start_date="2026-06-01T12:00:00Z"),
                "alerts, incidents and on-call timelines since the start_date 2026-06-01T12:00:00Z",
            ),
            (selected(of=49), "3 of 49 streams (alerts, alert_logs, schedule_timelines)"),
        ],
    )
    def test_a_part_is_told_and_the_whole_is_not(self, selection: Selection, sentence: str) -> None:
        assert selection.is_whole is (not sentence)
        assert selection.sentence == (f"Only a part of the account is selected: {sentence}." if sentence else "")

    def test_a_start_date_before_everything_leaves_out_nothing(self) -> None:
        selection = selected({"alerts": 0, "incidents": 0}, start_date="2012-01-01")
        assert selection.is_whole
        assert verification(selection).verdict.startswith("Everything that the API of Opsgenie lists is here: ")
        assert "On-call timelines from before the start_date 2012-01-01." in verification(selection).absences

    def test_streams_alone_leave_out_no_row(self) -> None:
        assert selected(of=49).is_of_all_rows
        assert not selected(alert_query="P1").is_of_all_rows


class TestVerdict:
    SELECTION = selected(OLDER, 49, start_date="2026-06-01", alert_query="priority: P1")

    def test_a_copy_of_a_part_is_said_to_be_one_everywhere(self) -> None:
        made = verification(self.SELECTION)
        assert made.is_sound
        assert made.verdict == (
            "Complete for what was selected: 1 stream has all rows that Opsgenie counts (alerts). "
            f"{self.SELECTION.sentence}"
        )
        facts = json.loads(json.dumps(made.facts()))
        assert facts["selection"] == {
            "streams": list(STREAMS),
            "of": 49,
            "start_date": "2026-06-01",
            "alert_query": "priority: P1",
            "older": OLDER,
        }
        assert (facts["verdict"], facts["absences"]) == (made.verdict, made.absences)
        report = notice_list(About(verdict=made.verdict, notices=made.notices), [])
        for page in (made.page(), readme(made), made.summary(), report):
            for words in ("Complete for what was selected", "2026-06-01", "priority: P1", "3 of 49 streams"):
                assert words in page

    def test_a_key_that_sees_little_is_told(self) -> None:
        made = verification(ALL, finding("alerts", counted=3), finding("users", SKIPPED, f"{KEY}."))
        assert made.verdict == (
            "1 of 2 streams is here: 1 stream has all rows that Opsgenie counts (alerts). 1 stream is skipped, because "
            "the key or the plan does not include it. On-call timelines begin 12 months before the first copy, unless "
            "an earlier run had a start_date."
        )
        limited = replace(verification(ALL, api="JSM Operations"), limits=["The owner sees no team."])
        assert limited.verdict.startswith("Everything that the token sees is here: ")
        assert limited.verdict.endswith(" The owner sees no team.")

    @pytest.mark.parametrize(
        ("selection", "api", "words"),
        [
            (selected(start_date="2026-06-01"), "Opsgenie", "On-call timelines go back to the start_date 2026-06-01."),
            (
                selected({"alerts": 0}, start_date="2026-06-01", alert_query="P1"),
                "Opsgenie",
                "On-call timelines go back to the start_date 2026-06-01.",
            ),
            (
                selected(start_date="2026-06-01"),
                "JSM Operations",
                "On-call timelines from before the start_date 2026-06-01 are not read.",
            ),
            (replace(ALL, streams=("alerts",), start_date="2026-06-01"), "Opsgenie", None),
            (ALL, "JSM Operations", None),
            # The sentence about the selection says it.
            (selected(OLDER, start_date="2026-06-01"), "Opsgenie", None),
        ],
    )
    def test_a_start_date_that_leaves_out_no_alert_still_begins_the_timelines(
        self, selection: Selection, api: str, words: str | None
    ) -> None:
        verdict = verification(selection, api=api).verdict
        assert verdict.endswith(words) if words else "On-call" not in verdict

    def test_a_part_that_is_not_verified_is_a_part_all_the_same(self) -> None:
        made = verification(self.SELECTION, finding("alerts", FAILED, "gave up."))
        missing = "NOT VERIFIED: rows or files may be missing in alerts. verification.md says why."
        assert made.verdict == f"{missing} {self.SELECTION.sentence}"

    def test_the_words_of_a_query_stay_words(self) -> None:
        made = verification(selected(alert_query="<b>|\x1b[2J*x*"))
        assert "\x1b" not in made.summary() + made.page() + readme(made)
        assert "<b>" not in made.page() + readme(made)

    def test_the_report_begins_with_the_verdict(self) -> None:
        box = notice_list(
            About(
                verdict="NOT VERIFIED: rows or files may be missing in alerts. verification.md says why.",
                notices=["A notice."],
                is_sandbox=True,
            ),
            [],
        )
        assert (
            box.index("SANDBOX")
            < box.index("NOT VERIFIED: rows or files may be missing in alerts. verification.md says why.")
            < box.index("A notice.")
        )
        assert "The copy has no incidents" in notice_list(About(verdict="Complete."), ["incidents"])


class TestAbsences:
    @pytest.mark.parametrize(
        ("selection", "api", "words"),
        [
            (
                ALL,
                "Opsgenie",
                "On-call timelines from more than 12 months before the first copy, because no start_date",
            ),
            (replace(ALL, start_date="2026-06-01"), "Opsgenie", "On-call timelines from before the start_date"),
            (ALL, "JSM Operations", "JSM Operations has one year only"),
            (
                replace(ALL, start_date="2026-06-01"),
                "JSM Operations",
                "On-call timelines from before the start_date 2026-06-01.",
            ),
            (replace(ALL, streams=("alerts",)), "Opsgenie", None),
        ],
    )
    def test_what_a_copy_never_contains_is_told(self, selection: Selection, api: str, words: str | None) -> None:
        made = verification(selection, api=api)
        for page in (made.page().replace("\\", ""), readme(made).replace("\\", "")):
            (section,) = page.split("## What is not here\n")[1:]
            section = section.partition("\n## ")[0]
            assert "postmortems, deployments, reports and analytics" in section
            assert '"***" stands in their place' in section
            assert ("On-call timelines" in section) is (words is not None)
            assert words is None or words in section

    def test_timelines_that_cannot_be_read_are_told_once(self) -> None:
        skipped = replace(finding("schedule_timelines", SKIPPED, f"{KEY}."), rows=0)
        assert "On-call timelines" not in readme(verification(ALL, finding("alerts"), skipped))


class TestQuestions:
    def test_those_whose_tables_are_not_here_are_left_out(self) -> None:
        whole = verification(ALL)
        assert readme(whole).count("\n### ") == 10
        made = replace(whole, unselected=["alert_recipients", "incidents", "schedule_timelines", "team_logs", "teams"])
        page = readme(made).partition("## Questions")[2]
        left_out = ("Who was on call", "Who is paged", "hours was each user on call", "each incident", "Who changed")
        assert [title for title in left_out if title in page] == []
        assert page.count("\n### ") == 5

    def test_those_that_lack_a_table_say_so(self) -> None:
        made = verification(ALL, finding("alerts"), replace(finding("teams", SKIPPED, f"{KEY}."), rows=0))
        (_, question), *_ = [each.partition("?")[::2] for each in readme(made).split("### ") if "by team" in each]
        assert question.strip().startswith("The answer is incomplete, because this copy has no rows of teams.")
        assert "incomplete" not in readme(verification(ALL))

    def test_a_query_reads_the_tables_of_its_views(self) -> None:
        assert guide.tables_in("SELECT 1 FROM alert_story") >= {"alerts", "alert_notes", "alert_recipients", "users"}

    def test_a_copy_without_any_of_the_tables_has_no_questions(self) -> None:
        made = replace(verification(ALL), unselected=[each.name for each in Origin.of(Config.parse(KEYS)).streams])
        assert "## Questions" not in readme(made)


class TestDoubted:
    """A stream without a count of its own is not complete if another one shows that rows are missing."""

    def outcomes(self, *findings: Finding) -> dict[str, tuple[str, str]]:
        named = {each.stream for each in findings}
        streams = [stream for stream in Origin.of(Config.parse(KEYS)).streams if stream.name in named]
        return {each.stream: (each.outcome, each.why) for each in doubted(list(findings), streams)}

    def test_what_earlier_runs_read_may_lack_rows_too(self) -> None:
        lacking = replace(finding("alerts", UNVERIFIED, counted=9), sound=False)
        again = [replace(finding(name), added=1) for name in ("alert_logs", "schedule_timelines", "teams")]
        counted = replace(finding("incidents", counted=3), added=1)
        assert self.outcomes(lacking, *again, counted, finding("log_files")) == {
            "alerts": (UNVERIFIED, ""),
            "alert_logs": (UNVERIFIED, "Rows may be missing here, as in alerts."),
            "schedule_timelines": (UNVERIFIED, "Rows may be missing here, as in alerts."),
            "teams": (COMPLETE, ""),  # each run reads all of it
            "incidents": (COMPLETE, ""),  # it agrees with its own count
            "log_files": (COMPLETE, ""),  # this run was the first to read it
        }

    def test_children_are_as_incomplete_as_their_parents(self) -> None:
        users = replace(finding("users", UNVERIFIED, counted=9), sound=False)
        outcomes = self.outcomes(users, finding("contacts"), finding("notification_rules"), finding("teams"))
        assert {name: outcome for name, (outcome, _) in outcomes.items()} == {
            "users": UNVERIFIED,
            "contacts": UNVERIFIED,
            "notification_rules": UNVERIFIED,
            "teams": COMPLETE,
        }

    def test_where_nothing_is_missing_all_stay_as_they_are(self) -> None:
        findings = [finding("alerts", counted=3), finding("alert_logs"), finding("incidents", FAILED, "gave up.")]
        assert {outcome for outcome, _ in self.outcomes(*findings).values()} == {COMPLETE, FAILED}

    def test_they_are_told_with_the_reason(self) -> None:
        made = verification(ALL, finding("alert_logs", UNVERIFIED, "Rows may be missing here, as in alerts."))
        told = "1 stream is not verified (alert_logs): Rows may be missing here, as in alerts."
        assert told in made.notices
        assert told in made.summary()
