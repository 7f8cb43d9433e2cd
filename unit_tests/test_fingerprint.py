"""Whose rows a state counts as read."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import requests_mock

from source_opsgenie.config import Config
from source_opsgenie.opsgenie.context import context_of
from source_opsgenie.opsgenie.endpoint import Endpoint
from source_opsgenie.streams.fingerprint import Fingerprint

US, EU = Endpoint.parse("api.opsgenie.com"), Endpoint.parse("api.eu.opsgenie.com")
ACME = Fingerprint.of("Opsgenie", US.authority, "acme")
UNTOLD = Fingerprint.of("Opsgenie", US.authority, None)


@pytest.mark.parametrize("fingerprint", [ACME, UNTOLD, UNTOLD.completed(ACME)])
def test_it_survives_being_written_and_holds_no_name(fingerprint: Fingerprint) -> None:
    text = str(fingerprint)
    assert Fingerprint.parse(text) == fingerprint
    assert text.startswith("opsgenie:")
    assert "acme" not in text
    assert "api." not in text


def test_it_is_written_as_in_the_states_of_earlier_versions() -> None:
    assert str(ACME) == "opsgenie:4315c6f3ae45:822b33ad87c1"


def test_another_account_or_host_contradicts() -> None:
    assert not ACME.contradicts(
        Fingerprint.of("Opsgenie", Endpoint.parse("https://API.opsgenie.com:443/").authority, "acme")
    )
    assert ACME.contradicts(Fingerprint.of("Opsgenie", US.authority, "other"))
    assert ACME.contradicts(Fingerprint.of("Opsgenie", EU.authority, "acme"))
    assert UNTOLD.contradicts(Fingerprint.of("Opsgenie", EU.authority, None))


def test_a_name_that_was_not_told_contradicts_none_and_is_taken_over() -> None:
    assert not ACME.contradicts(UNTOLD)
    assert not UNTOLD.contradicts(ACME)
    carried = UNTOLD.completed(ACME)
    assert carried.account == ACME.account
    assert UNTOLD.completed(carried) == carried
    assert ACME.completed(UNTOLD) == ACME.completed(carried) == ACME
    assert carried.contradicts(Fingerprint.of("Opsgenie", US.authority, "other"))


def test_it_tells_whether_the_account_could_be_read() -> None:
    assert ACME.was_read
    assert not UNTOLD.was_read
    assert not UNTOLD.completed(ACME).was_read
    assert UNTOLD.completed(UNTOLD) == UNTOLD


def test_the_name_that_one_api_tells_says_nothing_of_an_account_of_another() -> None:
    site = Fingerprint.of("JSM Operations", "acme.atlassian.net", None)
    assert site.completed(ACME) == site


def test_an_account_belongs_to_its_api_and_to_no_other() -> None:
    assert ACME.is_of("Opsgenie")
    assert not ACME.is_of("JSM Operations")
    assert not ACME.is_of("")
    assert not Fingerprint.parse(None).is_of("")  # an API that no account moved from


@pytest.mark.parametrize("text", [None, 7, "", "x", "a:b:c:d", "carried", "opsgenie:carried", ["opsgenie"], "jira:0:0"])
def test_what_is_no_fingerprint_of_opsgenie_contradicts(text: object) -> None:
    assert ACME.contradicts(Fingerprint.parse(text))
    assert UNTOLD.contradicts(Fingerprint.parse(text))


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ({"json": {"data": {"name": "acme", "userCount": 5}}}, ACME),
        ({"json": {"data": {"name": None}}}, UNTOLD),
        ({"json": {"data": {"name": ""}}}, UNTOLD),
        ({"json": {"data": {"name": 7}}}, UNTOLD),
        ({"json": {"data": [1]}}, UNTOLD),
        ({"status_code": 403, "json": {"message": "no"}}, UNTOLD),
    ],
    ids=["told", "null", "empty", "number", "another form", "refused"],
)
def test_the_account_is_asked_for_once(
    reply: dict[str, Any], expected: Fingerprint, requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(f"{US.url}v2/request-limits/", status_code=403)
    account = requests_mock.get(f"{US.url}v2/account", **reply)
    config = Config.parse({"api_token": "a-key-of-some-length"})
    context = context_of(config, threading.Event())
    assert [context.fingerprint(), context.fingerprint()] == [expected, expected]
    assert account.call_count == 1
