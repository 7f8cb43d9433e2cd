"""Answers about people on which Atlassian's documents are silent: both outcomes are right."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import requests_mock
from airbyte_cdk.models import SyncMode

from source_opsgenie.http.errors import ApiError
from unit_tests.jsm_streams import CONFIG as WITHOUT_ORGANIZATION
from unit_tests.jsm_streams import GATEWAY, OPERATIONS, SITE, jsm_streams

USERS = f"{SITE}/rest/api/3/users/search"
SERVICES = f"{GATEWAY}/jsm/api/cloud/v1/services/"
CONFIG = {
    **WITHOUT_ORGANIZATION,
    "jira_service_management": {**WITHOUT_ORGANIZATION["jira_service_management"], "organization_id": "acme/1"},
}

Row = dict[str, Any]
NO: Any = {"status_code": 401, "json": {"message": "No."}}


pytestmark = pytest.mark.usefixtures("hurried_site")


@pytest.fixture
def site(requests_mock: requests_mock.Mocker) -> requests_mock.Mocker:
    """A site of which the address, the token's owner and one call of Operations are known."""
    requests_mock.get(f"{SITE}/_edge/tenant_info", json={"cloudId": "cloud"})
    requests_mock.get(f"{OPERATIONS}/alerts", json={"values": []})
    requests_mock.get(f"{SITE}/rest/api/3/myself", json={"accountId": "me"})
    requests_mock.get(f"{OPERATIONS}/schedules", json={"values": []})
    requests_mock.get(f"{OPERATIONS}/teams", json={"platformTeams": [{"teamId": "t", "teamName": "Team"}]})
    requests_mock.get(f"{OPERATIONS}/teams/t/escalations", json={"values": []})
    return requests_mock


def read(name: str) -> list[Row]:
    streams = jsm_streams(CONFIG)
    return [dict(row) for row in streams[name].read_records(SyncMode.full_refresh) if isinstance(row, dict)]


def users(*ids: str) -> list[Row]:
    return [{"accountId": each, "accountType": "atlassian"} for each in ids]


def number_in(request: requests.PreparedRequest, name: str) -> int:
    """Return a number among the parameters of a call; 0 without it."""
    return int(dict(parse_qsl(urlsplit(request.url or "").query)).get(name, "0"))


def pages_of(people: Iterable[str], page: int, left_out: str = "") -> Any:
    """Answer a range of people, and leave some of it out only then, as Jira's search does."""
    every = list(people)

    def answer(request: requests.PreparedRequest, _: object) -> list[Row]:
        start = number_in(request, "startAt")
        return [row for row in users(*every[start : start + page]) if row["accountId"] not in left_out.split()]

    return answer


@pytest.mark.parametrize("left_out", ["b f", "a b", "g", "a b c d e f g", "b c d e f g h"])
def test_users_left_out_of_a_page_cost_no_others(left_out: str, site: requests_mock.Mocker) -> None:
    asked = site.get(USERS, json=pages_of("abcdefgh", 8, left_out))
    assert [row["id"] for row in read("users")] == [each for each in "abcdefgh" if each not in left_out.split()]
    assert asked.call_count <= 9


def test_users_behind_pages_of_nothing_but_customers_come(site: requests_mock.Mocker) -> None:
    customers = [{"accountId": f"c{number}", "accountType": "customer"} for number in range(9)]
    every = [*customers, *users("a", "b")]

    def answer(request: requests.PreparedRequest, _: object) -> list[Row]:
        start = number_in(request, "startAt")
        return every[start : start + 3]

    site.get(USERS, json=answer)
    assert [row["id"] for row in read("users")] == ["a", "b"]


def test_services_left_out_of_a_page_cost_no_others_and_none_comes_twice(site: requests_mock.Mocker) -> None:
    seen = {*range(60), *range(290, 300, 2), 449}

    def answer(request: requests.PreparedRequest, _: object) -> Row:
        start, size = (number_in(request, name) for name in ("offset", "size"))
        page = range(start, min(start + size, 450))
        rows = [{"id": f"b:{number}"} for number in page if number in seen]
        return {"services": rows, "pagination": {"hasNext": page.stop < 450}}

    asked = site.get(SERVICES, json=answer)
    assert [row["id"] for row in read("services")] == [f"b:{number}" for number in sorted(seen)]
    assert asked.call_count < 40


TYPES: list[object] = ["atlassian", "unknown", "", None, 7, []]


@pytest.mark.parametrize("kind", [{}, *({"accountType": each} for each in TYPES)])
def test_only_an_account_that_belongs_to_no_person_is_left_out(kind: Row, site: requests_mock.Mocker) -> None:
    others = [{"accountId": each, "accountType": each} for each in ("app", "customer")]
    site.get(USERS, [{"json": [{"accountId": "a", **kind}, *others]}, {"json": []}])
    assert [row["id"] for row in read("users")] == ["a"]


def test_users_whose_ids_are_of_another_type_come(site: requests_mock.Mocker) -> None:
    odd = [{"accountId": each, "accountType": "atlassian"} for each in (["a"], {"b": 1}, 7, None, None)]
    site.get(USERS, [{"json": [*odd, *users("a")]}, {"json": []}])
    assert [row["id"] for row in read("users")] == [["a"], {"b": 1}, 7, None, None, "a"]


def test_a_user_that_is_not_an_object_costs_no_other(site: requests_mock.Mocker) -> None:
    site.get(USERS, [{"json": ["odd", *users("a")]}, {"json": []}])
    assert [row["id"] for row in read("users")] == ["a"]


def test_ids_of_another_type_end_no_stream_that_looks_up_names(site: requests_mock.Mocker) -> None:
    odd = [{"accountId": {"b": 1}, "emailAddress": "x@acme.com"}, {"accountId": "me", "emailAddress": "me@acme.com"}]
    site.get(USERS, [{"json": odd}, {"json": []}])
    rule = {"id": "f", "fromUserId": "me", "toUserId": "me"}
    site.get(f"{OPERATIONS}/forwarding-rules", json={"values": [rule]})
    assert [row["fromUser"] for row in read("forwarding_rules")] == [{"id": "me", "username": "me@acme.com"}]


@pytest.mark.parametrize("hidden", [{}, {"emailAddress": None}, {"emailAddress": ""}])
def test_an_address_that_is_hidden_is_no_name(hidden: Row, site: requests_mock.Mocker) -> None:
    site.get(USERS, [{"json": [{"accountId": "me", **hidden}]}, {"json": []}])
    rule = {"id": "f", "fromUserId": "me", "toUserId": "me"}
    site.get(f"{OPERATIONS}/forwarding-rules", json={"values": [rule]})
    assert [row["fromUser"] for row in read("forwarding_rules")] == [{"id": "me"}]


def test_descriptions_of_teams_whose_ids_are_of_another_type_end_no_stream(site: requests_mock.Mocker) -> None:
    described = [{"teamId": ["t"], "description": "No."}, {"teamId": "t", "description": "Ours."}]
    site.get(f"{GATEWAY}/public/teams/v1/org/acme%2F1/teams?siteId=cloud", json={"entities": described, "cursor": None})
    assert read("teams") == [{"description": "Ours.", "id": "t", "name": "Team"}]


def test_descriptions_that_are_not_read_to_the_end_are_told(
    site: requests_mock.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    pages = [{"json": {"entities": [], "cursor": f"{number}"}} for number in range(30)]
    site.get(f"{GATEWAY}/public/teams/v1/org/acme%2F1/teams", pages)
    with caplog.at_level(logging.WARNING, "airbyte"):
        assert read("teams") == [{"id": "t", "name": "Team"}]
    (line,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert line.startswith("teams: the list continues, but ")


def test_descriptions_that_cannot_be_read_end_the_teams_with_an_error_after_them(site: requests_mock.Mocker) -> None:
    site.get(f"{GATEWAY}/public/teams/v1/org/acme%2F1/teams", status_code=400, json={"message": "It broke."})
    rows: list[Row] = []
    streams = jsm_streams(CONFIG)
    with pytest.raises(ApiError, match=r"^teams: 1 object .*the descriptions.*failed with: the Atlassian.*It broke"):
        rows.extend(dict(row) for row in streams["teams"].read_records(SyncMode.full_refresh) if isinstance(row, dict))
    assert rows == [{"id": "t", "name": "Team"}]


def test_a_list_of_users_that_repeats_itself_is_an_error(site: requests_mock.Mocker) -> None:
    site.get(USERS, json=users("a", "b"))
    with pytest.raises(ApiError, match="leads back to a page already read"):
        read("users")


def test_contacts_of_the_owner_in_the_place_of_others_are_not_theirs(
    site: requests_mock.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    site.get(USERS, [{"json": users("a", "me", "z")}, {"json": []}])
    site.get(f"{OPERATIONS}/users/contacts", json={"values": [{"id": "1", "method": "email", "to": "me@acme.com"}]})
    with caplog.at_level(logging.WARNING, "airbyte"):
        assert [(row["user_id"], row["id"]) for row in read("contacts")] == [("me", "1")]
    (line,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert "returns the contacts of the token's owner instead of those of other users" in line
    assert line.endswith(": a, z.")


@pytest.mark.parametrize("contacts", [[], [{"id": "1", "method": "email", "to": "a@acme.com"}]])
def test_that_nobody_has_a_contact_is_told(
    contacts: list[Row], site: requests_mock.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    site.get(USERS, [{"json": users("a", "me")}, {"json": []}])
    site.get(f"{OPERATIONS}/users/contacts", [{"json": {"values": contacts}}, {"json": {"values": []}}])
    with caplog.at_level(logging.WARNING, "airbyte"):
        assert len(read("contacts")) == len(contacts)
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert any("shows no contact of any user" in line for line in told) is not bool(contacts)


def test_a_contact_of_several_users_is_one(site: requests_mock.Mocker, caplog: pytest.LogCaptureFixture) -> None:
    site.get(USERS, [{"json": users("a", "me", "z")}, {"json": []}])
    one = {"json": {"values": [{"id": "1", "method": "email", "to": "me@acme.com"}]}}
    site.get(f"{OPERATIONS}/users/contacts", [{"status_code": 403, "json": {"message": "No."}}, one, one])
    assert read("contacts") == []
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert not any("shows no contact of any user" in line for line in told)


@pytest.mark.parametrize("others", ["az", "a"])
def test_contacts_of_an_owner_who_is_not_among_the_users_are_nobody_elses(
    others: str, site: requests_mock.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    site.get(USERS, [{"json": users(*others)}, {"json": []}])
    site.get(f"{OPERATIONS}/users/contacts", json={"values": [{"id": "1", "method": "email", "to": "me@acme.com"}]})
    with caplog.at_level(logging.WARNING, "airbyte"):
        assert [(row["user_id"], row["id"]) for row in read("contacts")] == [("me", "1")]
    (line,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert line.endswith(f": {', '.join(others)}.")


def test_contacts_are_an_error_while_the_owner_cannot_be_read(site: requests_mock.Mocker) -> None:
    site.get(USERS, [{"json": users("a", "z")}, {"json": []}])
    site.get(f"{SITE}/rest/api/3/myself", status_code=500)
    asked = site.get(f"{OPERATIONS}/users/contacts", json={"values": [{"id": "1", "to": "me@acme.com"}]})
    with pytest.raises(ApiError, match=r"^contacts: the connector gave up after"):
        read("contacts")
    assert asked.call_count == 0  # whose contacts these are would not be known


def test_contacts_are_an_error_if_the_answer_does_not_say_who_the_owner_is(site: requests_mock.Mocker) -> None:
    site.get(USERS, [{"json": users("a")}, {"json": []}])
    site.get(f"{SITE}/rest/api/3/myself", json={})
    with pytest.raises(ApiError, match=r"^contacts: .*an answer without 'accountId'"):
        read("contacts")


def test_no_contact_is_asked_for_if_no_user_is_seen(site: requests_mock.Mocker) -> None:
    site.get(USERS, status_code=403, json={"message": "No."})
    asked = site.get(f"{OPERATIONS}/users/contacts", json={"values": []})
    assert read("contacts") == []
    assert asked.call_count == 0


OWNERS = {"values": [{"id": "1", "method": "voice", "to": "1-555-OWNER"}]}


def without_the_owners(site: requests_mock.Mocker, status: int, **others: str) -> None:
    """Let the call for the owner's contacts end with a status, and let those for others bring some, by their ids."""
    site.get(USERS, [{"json": users("a", "me", "z")}, {"json": []}])
    site.get(f"{OPERATIONS}/users/contacts", json=OWNERS)
    for user, ids in others.items():
        contacts = [{"id": each, "to": "+1"} for each in ids]
        site.get(f"{OPERATIONS}/users/contacts?targetAccountId={user}", json={"values": contacts})
    site.get(f"{OPERATIONS}/users/contacts?targetAccountId=me", status_code=status, json={"message": "It broke."})


def contacts_until_the_end() -> tuple[list[tuple[str, str]], str]:
    """Read the contacts; return them, and the error at the end."""
    found: list[tuple[str, str]] = []
    rows = jsm_streams(CONFIG)["contacts"].read_records(SyncMode.full_refresh)
    try:
        found.extend((row["user_id"], row["id"]) for row in rows if isinstance(row, dict))
    except ApiError as error:
        return found, str(error.message)
    return found, ""


@pytest.mark.parametrize("status", [400, 500])
def test_contacts_of_others_come_though_those_of_the_owner_cannot_be_read(
    status: int, site: requests_mock.Mocker
) -> None:
    without_the_owners(site, status, a="12", z="3")
    found, error = contacts_until_the_end()
    assert found == [("a", "1"), ("a", "2"), ("z", "3")]
    assert error.startswith("contacts: 1 object could not be read: me.")
    assert f"HTTP {status}" in error


@pytest.mark.parametrize("status", [401, 403])
def test_contacts_of_others_come_though_those_of_the_owner_are_refused(
    status: int, site: requests_mock.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    without_the_owners(site, status, a="12", z="3")
    with caplog.at_level(logging.WARNING, "airbyte"):
        assert contacts_until_the_end() == ([("a", "1"), ("a", "2"), ("z", "3")], "")
    (line,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert line.startswith("contacts: the rows of 1 user were skipped")
    assert line.endswith(": me.")


@pytest.mark.parametrize("status", [400, 403, 500])
def test_contacts_that_several_users_have_are_nobodys_while_those_of_the_owner_are_not_known(
    status: int, site: requests_mock.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    without_the_owners(site, status)
    with caplog.at_level(logging.WARNING, "airbyte"):
        found, error = contacts_until_the_end()
    assert found == []
    assert (f"HTTP {status}" in error) is (status != 403)
    *_, line = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert "returns the contacts of the token's owner instead of those of other users" in line
    assert line.endswith(": a, z.")


@pytest.mark.parametrize("first", "abc")
def test_contacts_that_one_user_has_are_kept_beside_those_that_several_have(
    first: str, site: requests_mock.Mocker
) -> None:
    ids = dict.fromkeys("abc", "2") | {first: "1"}
    without_the_owners(site, 403, **ids)
    site.get(USERS, [{"json": users("a", "b", "c", "me")}, {"json": []}])
    assert contacts_until_the_end() == ([(first, "1")], "")


def test_one_contact_that_several_users_have_is_enough_to_refuse_all_of_theirs(site: requests_mock.Mocker) -> None:
    without_the_owners(site, 403, a="12", z="13")
    assert contacts_until_the_end() == ([], "")


def test_contacts_of_the_only_other_user_count_as_his_own_if_those_of_the_owner_are_refused(
    site: requests_mock.Mocker,
) -> None:
    without_the_owners(site, 403, a="1")
    site.get(USERS, [{"json": users("a", "me")}, {"json": []}])
    assert contacts_until_the_end() == ([("a", "1")], "")


def test_contacts_of_a_user_who_is_listed_twice_come_once_while_those_of_the_owner_are_not_known(
    site: requests_mock.Mocker,
) -> None:
    without_the_owners(site, 403, a="1")
    site.get(USERS, [{"json": users("a", "a", "me")}, {"json": []}])
    assert contacts_until_the_end() == ([("a", "1")], "")


def test_contacts_of_others_come_if_operations_does_not_know_the_owner(site: requests_mock.Mocker) -> None:
    site.get(USERS, [{"json": users("a", "me")}, {"json": []}])
    site.get(f"{OPERATIONS}/users/contacts", json={"values": [{"id": "2", "to": "a@acme.com"}]})
    site.get(f"{OPERATIONS}/users/contacts?targetAccountId=me", status_code=404, json={"message": "No."})
    assert [(row["user_id"], row["id"]) for row in read("contacts")] == [("a", "2")]


def test_some_of_the_owners_contacts_among_those_of_others_are_enough_to_refuse_them(
    site: requests_mock.Mocker,
) -> None:
    site.get(USERS, [{"json": users("a", "me", "z")}, {"json": []}])
    of = {"a": "1", "me": "12", "z": "13"}
    for user, ids in of.items():
        contacts = [{"id": each, "to": "+1"} for each in ids]
        site.get(f"{OPERATIONS}/users/contacts?targetAccountId={user}", json={"values": contacts})
    assert [(row["user_id"], row["id"]) for row in read("contacts")] == [("me", "1"), ("me", "2")]


@pytest.mark.parametrize("status", [400, 422])
def test_contacts_of_users_for_whom_the_call_is_not_accepted_are_skipped(
    status: int, site: requests_mock.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    """No document says what is answered for a user of Jira who does not use Operations."""
    site.get(USERS, [{"json": users("a", "b", "me", "z")}, {"json": []}])
    site.get(f"{OPERATIONS}/users/contacts", status_code=status, json={"message": "No user of Operations."})
    for each in ("me", "b"):
        contacts = {"values": [{"id": f"of {each}", "to": "+1"}]}
        site.get(f"{OPERATIONS}/users/contacts?targetAccountId={each}", json=contacts)
    with caplog.at_level(logging.WARNING, "airbyte"):
        assert contacts_until_the_end() == ([("me", "of me"), ("b", "of b")], "")
    (line,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert line.startswith("contacts: the rows of 2 users were skipped")
    assert "they probably do not use Operations" in line
    assert line.endswith(": a, z.")


def test_contacts_of_a_user_that_cannot_be_read_this_time_are_not_taken_for_refused(
    site: requests_mock.Mocker,
) -> None:
    site.get(USERS, [{"json": users("a", "me")}, {"json": []}])
    site.get(f"{OPERATIONS}/users/contacts", status_code=500)
    site.get(f"{OPERATIONS}/users/contacts?targetAccountId=me", json=OWNERS)
    found, error = contacts_until_the_end()
    assert found == [("me", "1")]
    assert error.startswith("contacts: 1 object could not be read: a.")


def test_contacts_of_others_may_replace_the_table_though_those_of_the_owner_are_refused(
    site: requests_mock.Mocker,
) -> None:
    without_the_owners(site, 403, a="12", z="3")
    stream = jsm_streams(CONFIG)["contacts"]
    assert len(list(stream.read_records(SyncMode.full_refresh))) == 3
    assert stream.unread_because is None


@pytest.mark.parametrize("another", [200, 403])
def test_contacts_that_are_refused_as_if_the_token_were_unknown_are_skipped(
    another: int, site: requests_mock.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    site.get(f"{OPERATIONS}/schedules", status_code=another, json={"values": []})
    site.get(USERS, [{"json": users("a", "me", "z")}, {"json": []}])
    site.get(f"{OPERATIONS}/users/contacts", status_code=401, json={"message": "No."})
    mine = {"values": [{"id": "1", "method": "email", "to": "me@acme.com"}]}
    site.get(f"{OPERATIONS}/users/contacts?targetAccountId=me", json=mine)
    with caplog.at_level(logging.WARNING, "airbyte"):
        assert [row["user_id"] for row in read("contacts")] == ["me"]
    (line,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert line.startswith("contacts: the rows of 2 users were skipped")
    assert line.endswith(": a, z.")


def test_contacts_are_an_error_once_the_token_has_expired(site: requests_mock.Mocker) -> None:
    site.get(USERS, [{"json": users("me", "z")}, {"json": []}])
    site.get(f"{OPERATIONS}/users/contacts", status_code=401, json={"message": "No."})
    site.get(f"{OPERATIONS}/schedules", status_code=401, json={"message": "No."})
    with pytest.raises(ApiError, match=r"^contacts: .* does not accept the token"):
        read("contacts")


def test_contacts_are_an_error_if_the_token_expires_while_they_are_read(site: requests_mock.Mocker) -> None:
    site.get(USERS, [{"json": users("a", "me", "z")}, {"json": []}])
    site.get(f"{OPERATIONS}/users/contacts", status_code=401, json={"message": "No."})
    site.get(f"{OPERATIONS}/users/contacts?targetAccountId=me", json={"values": [{"id": "1"}]})
    site.get(f"{OPERATIONS}/schedules", [{"json": {"values": []}}, NO])
    with pytest.raises(ApiError, match="does not accept the token"):
        read("contacts")


@pytest.mark.usefixtures("naps")
def test_an_answer_that_is_no_list_does_not_show_that_the_token_is_valid(site: requests_mock.Mocker) -> None:
    site.get(USERS, [{"json": users("a", "me", "z")}, {"json": []}])
    site.get(f"{OPERATIONS}/users/contacts", status_code=401, json={"message": "No."})
    site.get(f"{OPERATIONS}/users/contacts?targetAccountId=me", json={"values": [{"id": "1"}]})
    site.get(f"{OPERATIONS}/schedules", [{"json": {"values": []}}, {"json": {"status": "up"}}, NO])
    with pytest.raises(ApiError, match="does not accept the token"):
        read("contacts")


def test_contacts_of_each_user_are_kept(site: requests_mock.Mocker) -> None:
    site.get(USERS, [{"json": users("a", "me")}, {"json": []}])
    for each in ("a", "me"):
        contact = {"id": f"of {each}", "method": "email", "to": f"{each}@acme.com"}
        site.get(f"{OPERATIONS}/users/contacts?targetAccountId={each}", json={"values": [contact]})
    assert sorted(row["user_id"] for row in read("contacts")) == ["a", "me"]


def test_contacts_without_an_id_do_not_count_as_the_owners(site: requests_mock.Mocker) -> None:
    site.get(USERS, [{"json": users("a", "me")}, {"json": []}])
    for each in ("a", "me"):
        contacts = [{"id": None, "to": f"{each}@acme.com"}, {"to": "+1"}]
        site.get(f"{OPERATIONS}/users/contacts?targetAccountId={each}", json={"values": contacts})
    assert [row["user_id"] for row in read("contacts")] == ["me", "me", "a", "a"]


def test_whether_the_token_is_known_is_asked_at_the_first_refusal_and_at_the_end(site: requests_mock.Mocker) -> None:
    site.get(USERS, [{"json": users("me", *"abcdefgh")}, {"json": []}])
    site.get(f"{OPERATIONS}/users/contacts", status_code=401, json={"message": "No."})
    site.get(f"{OPERATIONS}/users/contacts?targetAccountId=me", json={"values": [{"id": "1"}]})
    asked = site.get(f"{OPERATIONS}/schedules", json={"values": []})
    streams = jsm_streams(CONFIG)
    list(streams["users"].rows())
    before = streams["contacts"].metrics.calls
    assert len(list(streams["contacts"].rows())) == 1
    assert asked.call_count == 2
    assert streams["contacts"].metrics.calls - before == 5  # the owner; twice the owner's contacts and the token


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("services", SERVICES),
        ("users", USERS),
        ("notification_rules", f"{SITE}/rest/api/3/myself"),
        ("contacts", f"{SITE}/rest/api/3/myself"),
    ],
)
def test_another_api_that_does_not_take_the_token_is_skipped(
    name: str, path: str, site: requests_mock.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    site.get(USERS, json=pages_of("a", 8))
    site.get(f"{OPERATIONS}/users/contacts", json={"values": [{"id": "1", "to": "me@acme.com"}]})
    site.get(path, **NO)
    with caplog.at_level(logging.WARNING, "airbyte"):
        assert read(name) == []
    (line,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert line.startswith(f"{name}: the stream is skipped, because ")
    assert "the owner of the token has no right to read it" in line
    site.get(f"{OPERATIONS}/schedules", **NO)  # the token has expired
    with pytest.raises(ApiError, match="does not accept the token"):
        read(name)


def test_teams_come_without_descriptions_where_the_teams_api_does_not_take_the_token(
    site: requests_mock.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    site.get(USERS, [{"json": users("a")}, {"json": []}])
    site.get(f"{GATEWAY}/public/teams/v1/org/acme%2F1/teams", **NO)
    site.post(f"{GATEWAY}/public/teams/v1/org/acme%2F1/teams/t/members?siteId=cloud", **NO)
    with caplog.at_level(logging.WARNING, "airbyte"):
        assert read("teams") == [{"id": "t", "name": "Team"}]
        assert read("team_members") == []
    lines = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert [line.partition(", because ")[0] for line in lines] == [
        "teams: the column 'description' is empty",
        "teams: the column 'description' is empty",
        "team_members: the stream is skipped",
    ]


def test_members_are_asked_for_by_a_post_page_after_page(site: requests_mock.Mocker) -> None:
    site.get(USERS, [{"json": users("a")}, {"json": []}])
    site.get(f"{GATEWAY}/public/teams/v1/org/acme%2F1/teams", json={"entities": [], "cursor": None})
    asked = site.post(
        f"{GATEWAY}/public/teams/v1/org/acme%2F1/teams/t/members?siteId=cloud",
        [
            {"json": {"results": [{"accountId": "a"}], "pageInfo": {"hasNextPage": True, "endCursor": "next"}}},
            {"json": {"results": [{"accountId": "b"}], "pageInfo": {"hasNextPage": False, "endCursor": None}}},
        ],
    )
    assert [row["user_id"] for row in read("team_members")] == ["a", "b"]
    assert [request.json() for request in asked.request_history] == [{"first": 50}, {"first": 50, "after": "next"}]
    assert all(request.headers["Authorization"].startswith("Basic ") for request in asked.request_history)


def test_members_are_asked_for_again_if_the_answer_is_another_one(site: requests_mock.Mocker) -> None:
    site.get(USERS, [{"json": users("a")}, {"json": []}])
    site.get(f"{GATEWAY}/public/teams/v1/org/acme%2F1/teams", json={"entities": [], "cursor": None})
    members = {"results": [{"accountId": "a"}], "pageInfo": {"hasNextPage": False}}
    site.post(f"{GATEWAY}/public/teams/v1/org/acme%2F1/teams/t/members?siteId=cloud", [{"json": {}}, {"json": members}])
    assert [row["user_id"] for row in read("team_members")] == ["a"]


def test_the_teams_of_a_user_come_from_the_members_of_all_teams(site: requests_mock.Mocker) -> None:
    site.get(USERS, [{"json": users("a")}, {"json": []}])
    site.get(f"{GATEWAY}/public/teams/v1/org/acme%2F1/teams", json={"entities": [], "cursor": None})
    site.post(
        f"{GATEWAY}/public/teams/v1/org/acme%2F1/teams/t/members?siteId=cloud",
        json={"results": [{"accountId": "a"}, {"accountId": "b"}], "pageInfo": {"hasNextPage": False}},
    )
    assert read("user_teams") == [
        {"user_id": "a", "id": "t", "name": "Team"},
        {"user_id": "b", "id": "t", "name": "Team"},
    ]


def with_teams(site: requests_mock.Mocker, organization: Row, gone: set[str], status: int = 404) -> None:
    """Answer for nine teams with a member each; some are not found, or gone."""
    teams = [{"teamId": f"t{number}", "teamName": "Team"} for number in range(9)]
    site.get(f"{OPERATIONS}/teams", json={"platformTeams": teams})
    site.get(USERS, [{"json": users("a")}, {"json": []}])
    site.get(f"{GATEWAY}/public/teams/v1/org/acme%2F1/teams", **organization)
    for team in teams:
        found: Row = {"json": {"results": [{"accountId": "a"}], "pageInfo": {"hasNextPage": False}}}
        site.post(
            f"{GATEWAY}/public/teams/v1/org/acme%2F1/teams/{team['teamId']}/members?siteId=cloud",
            **({"status_code": status, "json": {"message": "No."}} if team["teamId"] in gone else found),
        )


@pytest.mark.parametrize(
    "organization",
    [
        {"json": {"entities": [], "cursor": None}},
        {"status_code": 404, "json": {"message": "No."}},
        {"status_code": 400, "json": {"message": "No."}},
    ],
    ids=["answered", "refused", "failed"],
)
@pytest.mark.parametrize("status", [404, 410])
def test_teams_that_are_not_found_decide_nothing_about_the_members_of_others(
    status: int, organization: Row, site: requests_mock.Mocker
) -> None:
    gone = {"t0", "t4"} if organization.get("status_code") == 404 else {"t0", "t4", "t8"}
    with_teams(site, organization, gone, status)
    assert [row["team_id"] for row in read("team_members")] == [
        f"t{number}" for number in range(9) if f"t{number}" not in gone
    ]


def test_an_organization_that_is_not_found_costs_few_calls(
    site: requests_mock.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    with_teams(site, {"status_code": 404, "json": {"message": "No."}}, {f"t{number}" for number in range(9)})
    with caplog.at_level(logging.WARNING, "airbyte"):
        assert read("team_members") == []
    assert "team_members: the stream is skipped, because" in caplog.text
