"""What Opsgenie's documentation leaves open: each outcome that it allows gives all rows, or says what is missing.

Against a simulated account. Time is patched, so that nothing waits.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from airbyte_cdk.models import SyncMode

from source_opsgenie.http.paging import EMPTY_PAGES_AT_END
from source_opsgenie.http.retry import LEAST_ATTEMPTS
from source_opsgenie.http.timestamps import MINUTE
from source_opsgenie.opsgenie.paging import LinkPaging
from source_opsgenie.opsgenie.streams.integrations import IntegrationActions
from source_opsgenie.scan.changes import INDEX_LAG
from unit_tests.simulated import DAY, HOUR, NOW, Account, Call, Refused, Row, Sync, discovered, link, text

pytestmark = pytest.mark.usefixtures("naps")

LEADS_BACK = "the list leads back to a page already read"
LOGS = "/v2/alerts/o{}/logs"
IDS = "/v1/incidents/o{}/responder-alert-ids"
IDS_PAGE = 25


class Answers(Account):
    """An account that gives some answers in a way of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.answered_otherwise: dict[str, Callable[[Call], Row]] = {}

    def _answer(self, call: Call) -> Row:
        for pattern, answer in self.answered_otherwise.items():
            if re.fullmatch(pattern, call.path):
                return answer(call)
        return super()._answer(call)


# The end of a list: a link that leads to the page just asked for, or to a page without a new row.


def logs(count: int) -> list[Row]:
    return [{"log": "l", "createdAt": text(NOW - DAY + at), "offset": f"{NOW - DAY}_{at:06}"} for at in range(count)]


def with_logs(count: int, change: Callable[[Call, Row], Row]) -> Answers:
    """Make an account with an alert whose logs' pages are changed."""
    account = Answers()
    account.alert("o0", NOW - DAY)
    account.below[LOGS.format(0)] = logs(count)
    account.answered_otherwise[LOGS.format(0)] = lambda call: change(call, account._by_record(call, "o0"))
    return account


def naming_itself(call: Call, body: Row) -> Row:
    return body if "paging" in body else {**body, "paging": {"next": link(call)}}


@pytest.mark.parametrize("count", [1, 99, 100, 101, 150, 200])
def test_a_last_page_of_logs_that_names_itself_ends_the_list(count: int) -> None:
    sync = Sync(with_logs(count, naming_itself), "alert_logs")
    assert [row["offset"] for row in sync.rows("alert_logs")] == [row["offset"] for row in logs(count)]
    assert (sync.ended("alert_logs"), sync.warnings("alert_logs")) == ("COMPLETE", [])


@pytest.mark.parametrize("count", [1, 99, 100, 101, 150, 200])
def test_a_last_page_of_logs_that_names_itself_with_a_default_parameter_ends_the_list(count: int) -> None:
    """Links of other lists name parameters that were not sent, such as the default `sort`."""

    def change(call: Call, body: Row) -> Row:
        return body if "paging" in body else {**body, "paging": {"next": link(call, identifierType="id")}}

    sync = Sync(with_logs(count, change), "alert_logs")
    assert [row["offset"] for row in sync.rows("alert_logs")] == [row["offset"] for row in logs(count)]
    assert (sync.ended("alert_logs"), sync.warnings("alert_logs")) == ("COMPLETE", [])


def test_full_pages_of_logs_that_all_name_themselves_are_continued_from_their_last_rows() -> None:
    account = with_logs(250, lambda call, body: {**body, "paging": {"next": link(call)}})
    sync = Sync(account, "alert_logs")
    assert [row["offset"] for row in sync.rows("alert_logs")] == [row["offset"] for row in logs(250)]
    assert sync.ended("alert_logs") == "COMPLETE"


@pytest.mark.parametrize("at", [0, 100])
def test_a_page_of_logs_that_leads_to_an_older_one_is_an_error(at: int) -> None:
    def change(call: Call, body: Row) -> Row:
        first = link(call, offset=logs(101)[0]["offset"])
        return {**body, "paging": {"next": first}} if call.query.get("offset", "") > f"{NOW - DAY}_{at:06}" else body

    sync = Sync(with_logs(250, change), "alert_logs")
    assert LEADS_BACK in sync.failed()["alert_logs"]
    assert set(sync.state_of("alert_logs")["owed"]) == {"o0"}


@pytest.mark.parametrize(("total", "ended"), [(150, "COMPLETE"), (151, "INCOMPLETE")])
def test_a_list_that_counts_more_rows_than_came_does_not_end_where_it_names_itself(total: int, ended: str) -> None:
    account = with_logs(150, lambda call, body: {**naming_itself(call, body), "totalCount": total})
    sync = Sync(account, "alert_logs")
    assert sync.ended("alert_logs") == ended


def with_ids(count: int, page: Callable[[Call, list[str]], Row], *, heeds_order: bool = True) -> Answers:
    """Make an account with an incident whose responder alerts come in pages of one kind."""
    account = Answers()
    account.incident("o0", NOW - DAY)
    ids = [f"a{at}" for at in range(count)]

    def answer(call: Call) -> Row:
        return page(call, ids if call.query["order"] == "asc" or not heeds_order else ids[::-1])

    account.answered_otherwise[IDS.format(0)] = answer
    return account


def offset_in(call: Call) -> int:
    return int(call.query.get("offset", "0"))


def repeating(call: Call, ids: list[str]) -> Row:
    """The last page names itself."""
    at = offset_in(call)
    following = min(at + IDS_PAGE, (len(ids) - 1) // IDS_PAGE * IDS_PAGE)
    return {"data": ids[at : at + IDS_PAGE], "paging": {"next": link(call, offset=following)}}


def beyond_the_end(call: Call, ids: list[str]) -> Row:
    """Behind the end, the last ids come again, by ever new links."""
    at = min(offset_in(call), max(len(ids) - IDS_PAGE, 0))
    return {"data": ids[at : at + IDS_PAGE], "paging": {"next": link(call, offset=offset_in(call) + IDS_PAGE)}}


def last_page_again(call: Call, ids: list[str]) -> Row:
    """Behind the end, the last page comes again, by ever new links."""
    at = min(offset_in(call), (len(ids) - 1) // IDS_PAGE * IDS_PAGE)
    return {"data": ids[at : at + IDS_PAGE], "paging": {"next": link(call, offset=offset_in(call) + IDS_PAGE)}}


def without_change(call: Call, ids: list[str]) -> Row:
    """Every link is that of the page just asked for."""
    at = offset_in(call)
    return {"data": ids[at : at + IDS_PAGE], "paging": {"next": link(call)}}


@pytest.mark.parametrize("count", [1, 3, 24, 25, 26, 40, 50, 60])
@pytest.mark.parametrize("page", [repeating, last_page_again])
def test_bare_ids_end_without_a_new_id(page: Callable[[Call, list[str]], Row], count: int) -> None:
    sync = Sync(with_ids(count, page), "incident_responder_alerts")
    assert [row["alert_id"] for row in sync.rows("incident_responder_alerts")] == [f"a{at}" for at in range(count)]
    assert sync.ended("incident_responder_alerts") == "COMPLETE"
    assert sync.warnings("incident_responder_alerts") == []


def without_links(call: Call, ids: list[str]) -> Row:
    """No page but the first of either order can be asked for."""
    return {"data": ids[: int(call.query.get("limit", "20"))]}


@pytest.mark.parametrize(("count", "calls"), [(0, 1), (24, 1), (25, 2), (26, 2), (49, 2), (50, 2), (60, 2)])
def test_a_full_page_of_bare_ids_without_a_link_is_continued_from_the_other_end(count: int, calls: int) -> None:
    account = with_ids(count, without_links)
    sync = Sync(account, "incident_responder_alerts")
    shown = [at for at in range(count) if at < IDS_PAGE or at >= count - IDS_PAGE]
    assert [row["alert_id"] for row in sync.rows("incident_responder_alerts")] == [f"a{at}" for at in shown]
    assert account.asked(IDS.format(0)) == calls
    assert bool(sync.warned_of("incident_responder_alerts", "are missing")) is (count >= 50)


def test_a_full_page_of_bare_ids_in_an_order_that_is_not_heeded_may_not_be_all() -> None:
    sync = Sync(with_ids(25, without_links, heeds_order=False), "incident_responder_alerts")
    assert len(sync.rows("incident_responder_alerts")) == 25
    assert sync.warned_of("incident_responder_alerts", "are missing")


def test_a_full_page_without_a_usable_id_keeps_no_other_incident_from_being_read() -> None:
    account = with_ids(0, lambda *_: {"data": [None] * IDS_PAGE})
    account.incident("o1", NOW)
    account.answered_otherwise[IDS.format(1)] = lambda _: {"data": ["a"]}
    sync = Sync(account, "incident_responder_alerts")
    assert sync.ids("incident_responder_alerts", "alert_id") == {"a"}
    assert sync.ended("incident_responder_alerts") == "COMPLETE"
    assert sync.warned_of("incident_responder_alerts", "a row that is not an object was skipped")
    assert sync.warned_of("incident_responder_alerts", "are missing")


def empty_behind_the_end(call: Call, ids: list[str]) -> Row:
    """Behind the end, ever new links lead to empty pages."""
    at = offset_in(call)
    return {"data": ids[at : at + IDS_PAGE], "paging": {"next": link(call, offset=at + IDS_PAGE)}}


@pytest.mark.parametrize("count", [0, 24, 25, 40])
def test_an_empty_page_ends_bare_ids_whatever_its_link(count: int) -> None:
    account = with_ids(count, empty_behind_the_end)
    sync = Sync(account, "incident_responder_alerts")
    assert [row["alert_id"] for row in sync.rows("incident_responder_alerts")] == [f"a{at}" for at in range(count)]
    assert (sync.ended("incident_responder_alerts"), sync.warnings("incident_responder_alerts")) == ("COMPLETE", [])
    # One is empty, and one proves by the descending order that no id follows it.
    assert account.asked(IDS.format(0)) == (count + IDS_PAGE - 1) // IDS_PAGE + 2


@pytest.mark.parametrize("empty", [0, 25, 50])
def test_bare_ids_go_on_behind_an_empty_page(empty: int) -> None:
    def page(call: Call, ids: list[str]) -> Row:
        at = offset_in(call)
        following = {"paging": {"next": link(call, offset=at + IDS_PAGE)}} if at + IDS_PAGE < len(ids) else {}
        return {"data": ids[at : at + IDS_PAGE] if at != empty or call.query["order"] == "desc" else [], **following}

    sync = Sync(with_ids(90, page), "incident_responder_alerts")
    left_out = {f"a{at}" for at in range(empty, empty + IDS_PAGE)}
    assert sync.ids("incident_responder_alerts", "alert_id") == {f"a{at}" for at in range(90)} - left_out
    assert (sync.ended("incident_responder_alerts"), sync.warnings("incident_responder_alerts")) == ("COMPLETE", [])


def test_a_short_page_of_bare_ids_that_leads_to_the_first_one_ends_them_without_a_further_call() -> None:
    def page(call: Call, ids: list[str]) -> Row:
        at = offset_in(call)
        return {"data": ids[at : at + IDS_PAGE], "paging": {"next": link(call, offset=at + IDS_PAGE if at == 0 else 0)}}

    account = with_ids(40, lambda call, ids: page(Call(call.path, {"offset": "0", **call.query}), ids))
    sync = Sync(account, "incident_responder_alerts")
    assert [row["alert_id"] for row in sync.rows("incident_responder_alerts")] == [f"a{at}" for at in range(40)]
    assert sync.ended("incident_responder_alerts") == "COMPLETE"
    assert account.asked(IDS.format(0)) == 3


def test_bare_ids_go_on_behind_a_page_without_a_usable_one() -> None:
    def page(call: Call, ids: list[str]) -> Row:
        at = offset_in(call)
        if at == 0:
            return {"data": [None] * IDS_PAGE, "paging": {"next": link(call, offset=IDS_PAGE)}}
        return {"data": ids}

    sync = Sync(with_ids(3, page), "incident_responder_alerts")
    assert sync.ids("incident_responder_alerts", "alert_id") == {"a0", "a1", "a2"}
    assert sync.ended("incident_responder_alerts") == "COMPLETE"


@pytest.mark.parametrize("count", [1, 24])
def test_a_short_page_of_bare_ids_that_names_itself_ends_them(count: int) -> None:
    account = with_ids(count, without_change)
    sync = Sync(account, "incident_responder_alerts")
    assert [row["alert_id"] for row in sync.rows("incident_responder_alerts")] == [f"a{at}" for at in range(count)]
    assert sync.ended("incident_responder_alerts") == "COMPLETE"
    assert account.asked(IDS.format(0)) == 1


@pytest.mark.parametrize("count", [24, 25, 40, 50])
def test_bare_ids_that_lead_to_known_ones_for_ever_end(count: int) -> None:
    sync = Sync(with_ids(count, beyond_the_end), "incident_responder_alerts")
    assert [row["alert_id"] for row in sync.rows("incident_responder_alerts")] == [f"a{at}" for at in range(count)]
    assert sync.ended("incident_responder_alerts") == "COMPLETE"


def an_empty_page_that_names_itself(call: Call, ids: list[str]) -> Row:
    """The first page leads to it."""
    return {"data": [] if "offset" in call.query else ids[:IDS_PAGE], "paging": {"next": link(call, offset=IDS_PAGE)}}


@pytest.mark.parametrize("heeds_order", [True, False])
@pytest.mark.parametrize(
    "page",
    [without_change, lambda call, ids: beyond_the_end(call, ids[:IDS_PAGE]), an_empty_page_that_names_itself],
)
def test_a_full_page_of_bare_ids_that_comes_again_is_no_quiet_end(
    page: Callable[[Call, list[str]], Row], heeds_order: bool
) -> None:
    """That nothing follows it is proven by the ids in descending order only."""
    sync = Sync(with_ids(60, page, heeds_order=heeds_order), "incident_responder_alerts")
    assert LEADS_BACK in sync.failed()["incident_responder_alerts"]
    assert set(sync.state_of("incident_responder_alerts")["owed"]) == {"o0"}


@pytest.mark.parametrize("page", [repeating, last_page_again])
@pytest.mark.parametrize(("total", "ended"), [(40, "COMPLETE"), (41, "INCOMPLETE")])
def test_bare_ids_that_are_more_by_their_count_do_not_end_quietly(
    page: Callable[[Call, list[str]], Row], total: int, ended: str
) -> None:
    account = with_ids(40, lambda call, ids: {**page(call, ids), "totalCount": total})
    assert Sync(account, "incident_responder_alerts").ended("incident_responder_alerts") == ended


def test_bare_ids_that_lead_to_an_older_page_are_an_error() -> None:
    def page(call: Call, ids: list[str]) -> Row:
        at = offset_in(call)
        return {"data": ids[at : at + IDS_PAGE], "paging": {"next": link(call, offset=25 if at == 0 else 0)}}

    account = with_ids(60, lambda call, ids: page(Call(call.path, {"offset": "0", **call.query}), ids))
    assert LEADS_BACK in Sync(account, "incident_responder_alerts").failed()["incident_responder_alerts"]


@pytest.mark.parametrize("count", [24, 25])
@pytest.mark.parametrize("kind", ["object", "null"])
def test_bare_ids_in_another_form_are_not_taken_for_one_another(kind: str, count: int) -> None:
    def page(call: Call, ids: list[str]) -> Row:
        return without_change(call, [{"id": each} if kind == "object" else None for each in ids])  # type: ignore[misc]

    sync = Sync(with_ids(count, page), "incident_responder_alerts")
    expected = {f"a{at}" for at in range(count)} if kind == "object" else set()
    assert sync.ids("incident_responder_alerts") == expected
    assert sync.ended("incident_responder_alerts") == "COMPLETE"
    assert bool(sync.warnings("incident_responder_alerts"))


# Lists that may not exist.

CHANNELS = "/v1/actions/channels"
REFUSALS = [400, 402, 403, 404, 405, 409, 410, 418, 422]
TEMPLATES = "/v1/incident-templates"
ODD_STATUSES = [204, 401]  # which the other lists do not get, if the key is accepted


def with_channels(teams: int) -> Answers:
    account = Answers()
    account.logs = {f"t{number}": [] for number in range(teams)}
    for team in account.logs:
        account.below[f"{CHANNELS}?teamId={team}"] = [{"id": f"of {team}"}]
    return account


@pytest.mark.parametrize("status", [*REFUSALS, *ODD_STATUSES, 500, 501, 503])
def test_action_channels_are_skipped_by_whatever_status_they_are_refused(status: int) -> None:
    account = with_channels(5)
    account.refused[f"{CHANNELS}.*"] = Refused(status, "No handler")
    sync = Sync(account, "action_channels", "escalations")
    assert sync.rows("action_channels") == []
    assert sync.ended("action_channels") == "COMPLETE"
    (warning,) = sync.warnings("action_channels")
    assert "skipped" in warning or "could not be found" in warning
    assert ("fails to answer" in warning) == (status >= 500)


def test_a_redirect_is_no_refusal_of_action_channels() -> None:
    account = with_channels(2)
    account.refused[f"{CHANNELS}.*"] = 302
    assert Sync(account, "action_channels", "escalations").ended("action_channels") == "INCOMPLETE"


@pytest.mark.parametrize("status", [500, 501, 503])
def test_action_channels_that_fail_for_one_team_are_no_refusal(status: int) -> None:
    """The other teams show that the list exists."""
    account = with_channels(3)
    account.refused[rf"{CHANNELS}\?teamId=t1"] = status
    sync = Sync(account, "action_channels", "escalations")
    assert sync.ids("action_channels", "teamId") == {"t0", "t2"}
    assert sync.ended("action_channels") == "INCOMPLETE"
    assert ": t1. " in sync.failed()["action_channels"]


def test_action_channels_of_one_team_that_cannot_be_used_are_an_error_though_all_others_are_refused() -> None:
    account = with_channels(3)
    account.refused[rf"{CHANNELS}\?teamId=t[02]"] = 404
    account.refused[rf"{CHANNELS}\?teamId=t1"] = Refused(200, "<html>Blocked</html>", by_gateway=True)
    sync = Sync(account, "action_channels", "escalations")
    assert sync.ended("action_channels") == "INCOMPLETE"
    assert ": t1. " in sync.failed()["action_channels"]
    assert not sync.warned_of("action_channels", "the stream is skipped")


def test_action_channels_are_asked_for_again_before_an_error_of_the_server_counts() -> None:
    account = with_channels(3)
    account.refused[f"{CHANNELS}.*"] = 500

    def end(call: Call) -> None:
        if account.asked(CHANNELS) == LEAST_ATTEMPTS:
            account.refused = {}

    account.before = end
    sync = Sync(account, "action_channels", "escalations")
    assert sync.ids("action_channels", "teamId") == {"t0", "t1", "t2"}
    assert (sync.ended("action_channels"), sync.warnings("action_channels")) == ("COMPLETE", [])


def test_a_gateway_that_answers_for_action_channels_is_no_refusal() -> None:
    account = with_channels(2)
    account.refused[f"{CHANNELS}.*"] = Refused(403, "<html>Blocked</html>", by_gateway=True)
    sync = Sync(account, "action_channels", "escalations")
    assert sync.ended("action_channels") == "INCOMPLETE"


ONE = [{"id": "c"}]


@pytest.mark.parametrize(
    ("data", "count"),
    [
        (ONE, 1),
        ({}, 0),
        ({"channels": []}, 0),
        ({"channels": ONE}, 1),
        ({"actionChannels": ONE, "links": []}, 1),
        ({"values": ONE, "expandable": ["headers"]}, 1),
        ({"others": ONE, "count": 1}, 1),
    ],
)
def test_action_channels_in_each_form_that_they_may_have(data: Any, count: int) -> None:
    account = with_channels(2)
    account.answered_otherwise[CHANNELS] = lambda _: {"data": data}
    sync = Sync(account, "action_channels", "escalations")
    assert [(row["teamId"], row["id"]) for row in sync.rows("action_channels")] == [
        (team, "c") for team in ("t0", "t1") for _ in range(count)
    ]
    assert (sync.ended("action_channels"), sync.warnings("action_channels")) == ("COMPLETE", [])


@pytest.mark.parametrize("data", [{"count": 0}, {"links": [], "others": ONE}, {"channels": None}, None])
def test_action_channels_in_a_form_that_may_hide_some_are_an_error(data: Any) -> None:
    account = with_channels(1)
    account.answered_otherwise[CHANNELS] = lambda _: {"data": data}
    sync = Sync(account, "action_channels", "escalations")
    assert sync.ended("action_channels") == "INCOMPLETE"


def test_action_channels_of_all_teams_in_each_answer_come_once() -> None:
    """That the list heeds the team is inferred, too."""
    account = with_channels(3)
    rows = [{"id": f"c{number}", "teamId": team} for number, team in enumerate(account.logs)]
    account.answered_otherwise[CHANNELS] = lambda _: {"data": rows}
    assert Sync(account, "action_channels", "escalations").rows("action_channels") == rows


def test_action_channels_without_an_id_may_be_alike() -> None:
    account = with_channels(1)
    account.answered_otherwise[CHANNELS] = lambda _: {"data": [{"name": "n"}, {"name": "n"}]}
    assert len(Sync(account, "action_channels", "escalations").rows("action_channels")) == 2


@pytest.mark.parametrize("team", [None, ""])
def test_action_channels_whose_team_is_empty_get_the_team_that_was_asked_for(team: str | None) -> None:
    account = with_channels(2)
    account.answered_otherwise[CHANNELS] = lambda call: {"data": [{"id": call.query["teamId"], "teamId": team}]}
    rows = Sync(account, "action_channels", "escalations").rows("action_channels")
    assert [(row["teamId"], row["id"]) for row in rows] == [("t0", "t0"), ("t1", "t1")]


def with_integrations(*advanced: bool | None) -> Account:
    account = Account()
    rows = [
        {"id": f"i{number}", "name": "n", **({} if each is None else {"advanced": each})}
        for number, each in enumerate(advanced)
    ]
    account.below["/v2/integrations"] = rows
    for row in rows:
        account.below[f"/v2/integrations/{row['id']}"] = row
        account.below[f"/v2/integrations/{row['id']}/actions"] = {"create": [{"name": "c", "order": 0}]}
    return account


@pytest.mark.parametrize("advanced", [False, None])
@pytest.mark.parametrize("status", [*REFUSALS, *ODD_STATUSES, 500, 501])
def test_an_integration_that_may_not_be_advanced_has_no_actions_by_whatever_status(
    status: int, advanced: bool | None
) -> None:
    account = with_integrations(True, advanced, True)
    account.refused["/v2/integrations/i1/actions"] = Refused(status, "not advanced")
    sync = Sync(account, "integration_actions", "escalations")
    assert sync.ids("integration_actions", "integration_id") == {"i0", "i2"}
    assert sync.ended("integration_actions") == "COMPLETE"
    (warning,) = sync.warnings("integration_actions")
    assert "the rows of 1 integration were skipped" in warning
    assert warning.endswith(": i1.")


@pytest.mark.parametrize("column", ["advanced", "isAdvanced"])
@pytest.mark.parametrize("status", [500, 503])
def test_an_advanced_integration_whose_actions_fail_is_no_refusal(status: int, column: str) -> None:
    account = with_integrations(False, True, True)
    for row in account.below["/v2/integrations"]:
        row[column] = row.pop("advanced")
    account.refused["/v2/integrations/i[01]/actions"] = status
    sync = Sync(account, "integration_actions", "escalations")
    assert sync.ids("integration_actions", "integration_id") == {"i2"}
    assert sync.ended("integration_actions") == "INCOMPLETE"
    assert "1 object could not be read: i1. All others were read or skipped." in sync.failed()["integration_actions"]
    assert sync.warned_of("integration_actions", "HTTP", ": i0.")


def test_a_fault_of_the_connector_at_an_integrations_actions_is_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Any) -> list[Any]:
        raise KeyError

    monkeypatch.setattr(IntegrationActions, "paging", LinkPaging(rows_in=fail))
    sync = Sync(with_integrations(False), "integration_actions", "escalations")
    assert sync.ended("integration_actions") == "INCOMPLETE"
    assert "the connector itself failed" in sync.failed()["integration_actions"]


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize("accepts_none", [True, False])
def test_incident_templates_are_read_without_parameters_if_those_are_refused(
    status: int, *, accepts_none: bool
) -> None:
    """The documentation lists none. The largest page is assumed."""

    def refuse(call: Call) -> Row:
        if call.query or not accepts_none:
            raise Refused(status, "limit should be at most 50")
        return {"data": {"incidentTemplates": [{"id": "t"}]}}

    account = Answers()
    account.answered_otherwise[TEMPLATES] = refuse
    sync = Sync(account, "custom_incident_templates", "escalations")
    assert sync.ids("custom_incident_templates") == ({"t"} if accepts_none else set())
    assert sync.ended("custom_incident_templates") == ("COMPLETE" if accepts_none else "INCOMPLETE")
    assert sync.warned_of("custom_incident_templates", "shows the first templates only") == accepts_none
    assert account.asked(TEMPLATES) == 2


def test_incident_templates_of_which_a_later_page_is_refused_come_once() -> None:
    def refuse(call: Call) -> Row:
        if call.query.get("offset", "0") != "0":
            raise Refused(422)
        templates = [{"id": f"t{at}"} for at in range(100)]
        return {"data": {"incidentTemplates": templates}, "paging": {"next": link(call, offset=100)}}

    account = Answers()
    account.answered_otherwise[TEMPLATES] = refuse
    sync = Sync(account, "custom_incident_templates", "escalations")
    assert len(sync.rows("custom_incident_templates")) == 100
    assert sync.ended("custom_incident_templates") == "INCOMPLETE"


@pytest.mark.parametrize("status", [400, 403, 422])
def test_a_teams_key_that_has_to_name_its_team_reads_the_policies_of_the_team(status: int) -> None:
    account = Account()
    account.logs = {"t1": []}
    account.below["/v2/policies/alert?teamId=t1"] = [{"id": "p"}]
    account.below["/v2/policies/p?teamId=t1"] = {"id": "p", "message": "m"}
    account.refused["/v2/policies/alert"] = Refused(status, "teamId cannot be null")
    sync = Sync(account, "alert_policies", "escalations")
    assert sync.ids("alert_policies", "team_id") == {"t1"}
    assert sync.ended("alert_policies") == "COMPLETE"
    (warning,) = sync.warnings("alert_policies")
    assert "the rows of the account itself were skipped" in warning
    assert '"teamId cannot be null" (request r)' in warning


@pytest.mark.parametrize("status", [400, 422])
def test_policies_of_a_team_that_are_not_accepted_are_no_refusal(status: int) -> None:
    account = Account()
    account.logs = {"t1": [], "t2": []}
    account.refused[r"/v2/policies/alert\?teamId=t1"] = status
    assert Sync(account, "alert_policies", "escalations").ended("alert_policies") == "INCOMPLETE"


# Incidents.


@pytest.mark.parametrize("status", [400, 422])
def test_incidents_that_cannot_be_sorted_by_change_are_all_read(status: int) -> None:
    account = Account()
    for number in range(5):
        account.incident(f"o{number}", NOW - DAY + number * HOUR)

    def refuse(call: Call) -> None:
        is_sorted = call.query.get("sort") == "updatedAt"
        account.refused = {"/v1/incidents": Refused(status, "sort")} if is_sorted else {}

    account.before = refuse
    first = Sync(account, "incidents")
    assert first.ids("incidents") == {f"o{number}" for number in range(5)}
    assert (first.ended("incidents"), first.warnings("incidents")) == ("COMPLETE", [])
    account.change("o1", account.now - HOUR)
    assert "o1" in Sync(account, "incidents", state=first.states).ids("incidents")


@pytest.mark.slow
def test_incidents_of_a_key_that_is_not_known_are_asked_for_once() -> None:
    account = Account()
    account.incident("o0", NOW - DAY)
    account.refused[".*"] = 401
    assert Sync(account, "incidents").ended("incidents") == "INCOMPLETE"
    assert account.asked("/v1/incidents") == 1


@pytest.mark.usefixtures("naps")
def test_incidents_whose_sort_by_change_always_fails_are_all_read() -> None:
    account = Account()
    account.incident("o0", NOW - DAY)

    def fail(call: Call) -> None:
        account.refused = {"/v1/incidents": 500} if call.query.get("sort") == "updatedAt" else {}

    account.before = fail
    sync = Sync(account, "incidents")
    assert (sync.ids("incidents"), sync.ended("incidents")) == ({"o0"}, "COMPLETE")


ENTRIES = "/v2/incident-timelines/o0/entries"


def entry(name: str, words: str) -> Row:
    return {"id": name, "eventTime": text(NOW - DAY), "title": {"type": "plain_text", "content": words}}


def with_entries(count: int, page: Callable[[Call, list[Row]], Row]) -> Answers:
    """Make an account with an incident whose timeline comes in pages of one kind."""
    account = Answers()
    account.incident("o0", NOW - DAY)
    entries = [entry(f"Other_{number:02}", "other") for number in range(count)]
    account.answered_otherwise[ENTRIES] = lambda call: page(call, entries)
    return account


ENTRIES_PAGE = 20


def continued(call: Call, entries: list[Row], *, by_link: bool, empty: int | None = None) -> Row:
    """The page at one offset may be empty, though others follow it."""
    at = offset_in(call)
    following = at + ENTRIES_PAGE if at + ENTRIES_PAGE < len(entries) else None
    body: Row = {"data": {"entries": entries[at : at + ENTRIES_PAGE] if at != empty else []}}
    if following and by_link:
        body["paging"] = {"next": link(call, offset=following)}
    elif following:
        body["data"]["nextOffset"] = str(following)
    return body


@pytest.mark.parametrize("empty", [None, 0, 20])
@pytest.mark.parametrize("by_link", [True, False])
def test_a_timeline_goes_on_behind_a_page_without_entries_and_by_a_link(*, by_link: bool, empty: int | None) -> None:
    account = with_entries(50, lambda call, entries: continued(call, entries, by_link=by_link, empty=empty))
    sync = Sync(account, "incident_timeline_entries")
    left_out = set() if empty is None else {f"Other_{number:02}" for number in range(empty, empty + ENTRIES_PAGE)}
    assert sync.ids("incident_timeline_entries") == {f"Other_{number:02}" for number in range(50)} - left_out
    assert sync.ended("incident_timeline_entries") == "COMPLETE"
    assert account.asked(ENTRIES) == 3


def test_an_entry_whose_time_is_set_back_replaces_its_row_where_the_greatest_cursor_stays() -> None:
    """People set the time of their own entries. A destination keeps the row with the greatest cursor of each key."""
    name = "incident_timeline_entries"
    entries = [entry("CustomUserEntry_1", "first")]
    account = with_entries(1, lambda _call, _entries: {"data": {"entries": entries}})
    before = Sync(account, name)
    entries[0] = {**entries[0], "eventTime": text(NOW - 2 * DAY)}
    after = Sync(account, name, state=before.states)
    (cursor,) = discovered()[name].default_cursor_field or []
    (old,), (new,) = before.rows(name), after.rows(name)
    assert new["eventTime"] < old["eventTime"]
    assert new[cursor] >= old[cursor]


def test_a_timeline_that_goes_on_for_ever_without_entries_ends_without_an_error() -> None:
    def page(call: Call, entries: list[Row]) -> Row:
        at = offset_in(call)
        return {"data": {"entries": entries[at : at + ENTRIES_PAGE], "nextOffset": str(at + ENTRIES_PAGE)}}

    account = with_entries(50, page)
    sync = Sync(account, "incident_timeline_entries")
    assert len(sync.rows("incident_timeline_entries")) == 50
    assert sync.ended("incident_timeline_entries") == "COMPLETE"
    assert account.asked(ENTRIES) == 3 + EMPTY_PAGES_AT_END
    assert sync.warnings("incident_timeline_entries") == []


def test_logs_of_a_team_go_on_behind_an_empty_page() -> None:
    account = Answers()
    account.logs = {"t0": [(NOW - DAY + number, f"log {number}") for number in range(250)]}
    pages = count()

    def page(call: Call) -> Row:
        body = account._team_logs(call, "t0")
        return {"data": {**body["data"], "logs": []}} if next(pages) == 1 else body

    account.answered_otherwise["/v2/teams/t0/logs"] = page
    sync = Sync(account, "team_logs")
    assert {row["log"] for row in sync.rows("team_logs")} == {f"log {at}" for at in (*range(50), *range(150, 250))}
    assert (sync.ended("team_logs"), sync.warnings("team_logs")) == ("COMPLETE", [])


def test_a_page_of_a_teams_logs_in_no_order_does_not_end_them() -> None:
    account = Answers()
    account.logs = {"t0": [(NOW - HOUR, "known")]}
    first = Sync(account, "team_logs")
    pages = [[("new 1", NOW + 2 * HOUR), ("old 1", NOW - 3 * DAY), ("new 2", NOW + HOUR), ("old 2", NOW - 4 * DAY)]]
    pages += [[("new 3", NOW + HOUR)], []]

    def page(call: Call) -> Row:
        at = offset_in(call)
        rows = [{"log": log, "createdDate": text(time)} for log, time in pages[at]]
        return {"data": {"logs": rows, **({"offset": at + 1} if rows else {})}}

    account.now += 3 * HOUR
    account.answered_otherwise["/v2/teams/t0/logs"] = page
    assert Sync(account, "team_logs", state=first.states).ids("team_logs", "log") == {"new 1", "new 2", "new 3"}


def test_a_log_of_a_team_without_a_time_comes_with_every_sync() -> None:
    account = Answers()
    account.logs = {"t0": []}
    rows = [{"log": "timed", "createdDate": text(NOW - DAY)}, {"log": "timeless"}, {"log": "odd", "createdDate": 7}]
    rows += [{"log": "old", "createdDate": text(NOW - 2 * DAY)}]
    account.answered_otherwise["/v2/teams/t0/logs"] = lambda _: {"data": {"logs": rows}}
    first = Sync(account, "team_logs")
    second = Sync(account, "team_logs", state=first.states)
    for sync in (first, second):
        assert sync.ids("team_logs", "log") - {"old"} == {"timed", "timeless", "odd"}
        assert sync.ended("team_logs") == "COMPLETE"
        assert sync.state_of("team_logs")["createdDate"] == text(NOW - DAY)


def test_a_team_that_was_not_listed_last_time_has_all_its_logs_read() -> None:
    account = Answers()
    account.logs = {"t0": [(NOW - DAY, "known")], "t1": []}
    states = Sync(account, "team_logs").states
    away = account.logs.pop("t1")
    account.now += 3 * HOUR
    account.logs["t0"].append((NOW + 2 * HOUR, "later"))
    states = Sync(account, "team_logs", state=states).states
    account.logs["t1"] = [*away, (NOW + HOUR, "meanwhile")]
    account.now += HOUR
    last = Sync(account, "team_logs", state=states)
    assert last.ids("team_logs", "log") >= {"meanwhile"}
    assert "known" not in last.ids("team_logs", "log")
    assert last.ended("team_logs") == "COMPLETE"


def test_a_list_of_teams_that_is_refused_once_has_no_logs_read_again() -> None:
    account = Answers()
    account.logs = {"t0": [(NOW - DAY, "known"), (NOW - HOUR, "last")]}
    states = Sync(account, "team_logs").states
    account.now += HOUR
    account.refused["/v2/teams"] = 403
    states = Sync(account, "team_logs", state=states).states
    account.refused.clear()
    account.now += HOUR
    assert "known" not in Sync(account, "team_logs", state=states).ids("team_logs", "log")


@pytest.mark.parametrize("data", [{"id": "t0"}, {"id": "t0", "members": []}])
def test_a_team_without_members_may_lack_the_list(data: Row) -> None:
    account = Account()
    account.logs = {"t0": []}
    account.below["/v2/teams/t0"] = data
    sync = Sync(account, "team_members")
    assert (sync.rows("team_members"), sync.ended("team_members")) == ([], "COMPLETE")


@pytest.mark.parametrize("part", ["logs", "notes"])
def test_rows_without_an_id_that_come_again_for_ever_are_an_error_though_a_field_changes(part: str) -> None:
    account = Answers()
    account.alert("o0", NOW - DAY)
    place = f"/v2/alerts/o0/{part}"

    def page(call: Call) -> Row:
        rows = [{**row, "note": "n", "owner": offset_in(call)} for row in logs(100)]
        assert account.asked(place) < 100, "it does not end"
        return {"data": rows, "paging": {"next": link(call, offset=offset_in(call) + 100)}}

    account.answered_otherwise[place] = page
    sync = Sync(account, f"alert_{part}")
    assert LEADS_BACK in sync.failed()[f"alert_{part}"]
    assert account.asked(place) == 2


def test_entries_that_share_an_id_have_a_key_each_wherever_they_stand() -> None:
    account = Account()
    account.incident("o0", NOW - DAY)
    others = [entry(f"Other_{number}", "other") for number in range(30)]
    account.below[ENTRIES] = [entry("Added_u", "team a"), *others, entry("Added_u", "team b")]
    sync = Sync(account, "incident_timeline_entries")
    rows = sync.rows("incident_timeline_entries")
    assert len({(row["incident_id"], row["id"]) for row in rows}) == len(rows) == 32
    assert {row["id"] for row in rows} == {each["id"] for each in account.below[ENTRIES]} | {"Added_u#1"}
    account.below[ENTRIES].reverse()
    again = Sync(account, "incident_timeline_entries").rows("incident_timeline_entries")

    def added(of: list[Row]) -> dict[str, str]:
        return {row["title"]["content"]: row["id"] for row in of if row["id"].startswith("Added_u")}

    assert added(rows) == added(again) == {"team a": "Added_u", "team b": "Added_u#1"}


@pytest.mark.parametrize("count", [1, 20, 25, 39, 50])
def test_an_entry_with_which_the_next_page_begins_once_more_comes_once(count: int) -> None:
    def inclusive(call: Call, entries: list[Row]) -> Row:
        page = entries[offset_in(call) :][:ENTRIES_PAGE]
        return {"data": {"entries": page, "nextOffset": str(offset_in(call) + len(page) - 1)}}

    account = with_entries(count, inclusive)
    sync = Sync(account, "incident_timeline_entries")
    ids = [row["id"] for row in sync.rows("incident_timeline_entries")]
    assert ids == [f"Other_{number:02}" for number in range(count)]
    assert sync.ended("incident_timeline_entries") == "COMPLETE"


@pytest.mark.parametrize("identity", [None, "", {"a": 1}])
def test_no_id_is_made_up_for_entries_without_one(identity: Any) -> None:
    account = Account()
    account.incident("o0", NOW - DAY)
    account.below[ENTRIES] = [{"id": identity, "type": each} for each in "abc"]
    rows = Sync(account, "incident_timeline_entries").rows("incident_timeline_entries")
    kept = [{"id": row["id"], "type": row["type"]} for row in rows]
    assert kept == account.below[ENTRIES]


# Offsets of an incident's logs and notes have the grain of a millisecond, so rows may share one.


@pytest.mark.parametrize("part", ["logs", "notes"])
@pytest.mark.parametrize("each", [1, 2, 3, 70])
@pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
def test_rows_of_an_incident_that_share_an_offset_come_wherever_a_page_ends(
    part: str, each: int, *, links: bool
) -> None:
    account = Answers()
    account.incident("o0", NOW - DAY)
    place, column = f"/v1/incidents/o0/{part}", part[:-1]
    rows = [{column: str(at), "createdAt": text(NOW - DAY), "offset": str(NOW - DAY + at // each)} for at in range(250)]
    account.below[place] = rows

    def answer(call: Call) -> Row:
        body = account._by_record(call, "o0")
        return body if links else {"data": body["data"]}

    account.answered_otherwise[place] = answer
    sync = Sync(account, f"incident_{part}")
    assert [row[column] for row in sync.rows(f"incident_{part}")] == [row[column] for row in rows]
    assert sync.ended(f"incident_{part}") == "COMPLETE"


@pytest.mark.parametrize("part", ["logs", "notes"])
@pytest.mark.parametrize("count", [1, 2, 3, 100, 101, 250])
def test_rows_of_an_incident_whose_pages_all_have_a_link_end_with_an_empty_page(part: str, count: int) -> None:
    account = Answers()
    account.incident("o0", NOW - DAY)
    place, column = f"/v1/incidents/o0/{part}", part[:-1]
    rows = [{column: str(at), "createdAt": text(NOW - DAY), "offset": str(NOW - DAY + at)} for at in range(count)]
    account.below[place] = rows

    def answer(call: Call) -> Row:
        body = account._by_record(call, "o0")
        page = body["data"]
        return {**body, "paging": {"next": link(call, offset=page[-1]["offset"])}} if page else {"data": []}

    account.answered_otherwise[place] = answer
    sync = Sync(account, f"incident_{part}")
    assert [row[column] for row in sync.rows(f"incident_{part}")] == [row[column] for row in rows]
    assert sync.ended(f"incident_{part}") == "COMPLETE"


def test_notes_of_pages_that_overlap_come_once_though_an_empty_page_is_between() -> None:
    account = Answers()
    account.incident("o0", NOW - DAY)
    place = "/v1/incidents/o0/notes"
    notes = [{"note": str(at), "createdAt": text(NOW - DAY), "offset": str(NOW - DAY + at)} for at in range(150)]
    account.below[place] = notes

    def answer(call: Call) -> Row:
        if account.asked(place) == 2:
            return {"data": [], "paging": {"next": link(call, offset=call.query["offset"] + "_0")}}
        return account._by_record(call, "o0")

    account.answered_otherwise[place] = answer
    sync = Sync(account, "incident_notes")
    assert [row["note"] for row in sync.rows("incident_notes")] == [row["note"] for row in notes]


@pytest.mark.parametrize("before", [0, 98, 99])
def test_notes_that_share_their_offset_and_text_come_each(before: int) -> None:
    """They share a page, or the end of it is between them."""
    account = Account()
    account.incident("o0", NOW - DAY)
    notes = [{"note": "n", "createdAt": text(NOW - DAY), "offset": str(NOW - DAY + at)} for at in range(before)]
    alike = {"note": "ok", "createdAt": text(NOW - DAY), "offset": str(NOW)}
    account.below["/v1/incidents/o0/notes"] = [*notes, *({**alike, "owner": owner} for owner in "abb")]
    sync = Sync(account, "incident_notes")
    rows = sync.rows("incident_notes")
    assert [row["owner"] for row in rows if row["note"] == "ok"] == ["a", "b", "b"]
    assert len(rows) == before + 3


def test_more_rows_of_one_offset_than_fit_on_a_page_are_an_error() -> None:
    account = Account()
    account.incident("o0", NOW - DAY)
    account.below["/v1/incidents/o0/notes"] = [
        {"note": str(at), "createdAt": text(NOW - DAY), "offset": str(NOW - DAY)} for at in range(101)
    ]
    sync = Sync(account, "incident_notes")
    assert LEADS_BACK in sync.failed()["incident_notes"]
    assert sync.ended("incident_notes") == "INCOMPLETE"


# Whether what is added to an alert or an incident changes its `updatedAt`.


@pytest.mark.parametrize(
    ("stream", "path", "fields"),
    [
        ("alert_logs", LOGS.format(0), {"status": "closed"}),
        ("alert_notes", "/v2/alerts/o0/notes", {"status": "open"}),
        ("incident_logs", "/v1/incidents/o0/logs", {"status": "closed"}),
    ],
)
@pytest.mark.parametrize("lookback", ["PT0S", "PT5M", "P7D"])
def test_a_row_that_is_much_later_than_the_last_change_is_told(
    stream: str, path: str, fields: Row, lookback: str
) -> None:
    covered = 7 * DAY if lookback == "P7D" else 5 * MINUTE if lookback == "PT5M" else INDEX_LAG
    account = Account()
    put = account.incident if stream.startswith("incident") else account.alert
    put("o0", NOW - 30 * DAY, NOW - 20 * DAY, **fields)
    account.leave(path, NOW - 20 * DAY + covered)
    assert not Sync(account, stream, lookback_window=lookback).warnings(stream)
    account.leave(path, NOW - 20 * DAY + covered + 1)
    account.leave(path, NOW - DAY)
    (warning,) = Sync(account, stream, lookback_window=lookback).warnings(stream)
    assert "o0" in warning
    assert text(NOW - 20 * DAY + covered + 1) in warning
    assert text(NOW - 20 * DAY) in warning


def test_a_row_of_an_incident_that_is_read_at_every_sync_may_come_after_the_last_change() -> None:
    account = Account()
    account.incident("o0", NOW - 30 * DAY, status="resolved")
    account.leave("/v1/incidents/o0/logs", NOW - DAY)
    assert not Sync(account, "incident_logs").warnings("incident_logs")


def test_a_late_row_is_not_told_by_a_sync_that_reads_everything_again() -> None:
    account = Account()
    account.alert("o0", NOW - 30 * DAY)
    account.leave(LOGS.format(0), NOW - DAY)
    assert not Sync(account, "alert_logs", mode=SyncMode.full_refresh).warnings("alert_logs")


def test_the_details_of_an_alert_are_not_a_row_below_it() -> None:
    account = Answers()
    account.alert("o0", NOW - 30 * DAY)
    account.answered_otherwise["/v2/alerts/o0"] = lambda _: {
        "data": {**account.alerts["o0"], "updatedAt": text(NOW - DAY)}
    }
    assert not Sync(account, "alert_details").warnings("alert_details")


def test_a_row_that_is_added_while_the_sync_reads_is_not_too_late() -> None:
    account = Account()
    account.alert("o0", NOW - 30 * DAY)
    account.leave(LOGS.format(0), NOW)
    assert not Sync(account, "alert_logs").warnings("alert_logs")


def test_the_last_change_of_an_alert_that_is_owed_may_be_newer_than_the_state_says() -> None:
    account = Account()
    account.alert("o0", NOW - 30 * DAY)
    account.refused[LOGS.format(0)] = 500
    first = Sync(account, "alert_logs")
    assert first.ended("alert_logs") == "INCOMPLETE"
    account.refused.clear()
    account.now += DAY
    account.change("o0", account.now - HOUR)
    assert not Sync(account, "alert_logs", state=first.states).warnings("alert_logs")
