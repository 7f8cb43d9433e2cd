"""The calls by which a sync finds out where a site's APIs are, before it can read anything."""

from __future__ import annotations

import re
import socket
from typing import Any

import pytest
import requests
import requests_mock
from airbyte_cdk.models import SyncMode
from requests.structures import CaseInsensitiveDict

from source_opsgenie.http.backend import HeaderAuth
from source_opsgenie.http.errors import ApiError
from source_opsgenie.jsm.site import Site
from source_opsgenie.streams.base import ApiStream
from unit_tests.jsm_streams import GATEWAY, OPERATIONS, SITE, jsm_streams

TENANT = f"{SITE}/_edge/tenant_info"
SCOPED = f"{GATEWAY}/ex/jira/cloud/jsm/ops/api/v1"
OTHER_TOKENS = "Unauthorized; scope does not match"


pytestmark = pytest.mark.usefixtures("hurried_site")


@pytest.fixture
def streams(requests_mock: requests_mock.Mocker) -> dict[str, ApiStream]:
    requests_mock.get(f"{OPERATIONS}/alerts", json={"values": []})
    requests_mock.get(f"{OPERATIONS}/syncs", json={"values": []})
    return jsm_streams()


@pytest.mark.parametrize(
    ("url", "signed"),
    [(f"{SITE}/rest", True), (f"{GATEWAY}/jsm", True), (f"{SITE}.evil.example/rest", False), (SITE, False)],
)
def test_only_calls_to_the_site_and_to_the_gateway_are_signed(url: str, signed: bool) -> None:
    auth = jsm_streams()["users"].client.backend.auth
    request = requests.PreparedRequest()
    request.url, request.headers = url, CaseInsensitiveDict()
    assert auth is not None
    assert ("Authorization" in auth(request).headers) is signed


def rows(stream: ApiStream) -> list[object]:
    return list(stream.read_records(SyncMode.full_refresh))


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("acme", "https://acme.atlassian.net/"),
        (" ACME.Atlassian.Net/ ", "https://acme.atlassian.net/"),
        ("http://acme.atlassian.net", "https://acme.atlassian.net/"),
        ("https://acme.atlassian.net:443/jira/ops?a=b#c", "https://acme.atlassian.net/"),
        ("http://127.0.0.1:8080/x", "http://127.0.0.1:8080/"),
        ("http://LocalHost:8080", "http://localhost:8080/"),
    ],
)
def test_a_site_is_read_as_users_write_it_and_its_calls_are_signed(written: str, url: str) -> None:
    site = Site.parse(written)
    assert site.url == url
    request = requests.Request("GET", f"{site.url}rest").prepare()
    assert "Authorization" in HeaderAuth("Bearer token", site.url, site.gateway)(request).headers


@pytest.mark.parametrize(
    "written",
    [
        "http://me:secret@127.0.0.1:8080",
        "http://me@localhost:8080",
        "http://:secret@[::1]",
        "ftp://127.0.0.1:8080",
        "file://localhost/etc",
        "ftp://acme.atlassian.net",
        "https://me:secret@acme.atlassian.net",
        "https://:secret@acme.atlassian.net",
        "me@acme.atlassian.net",
        "https://acme.atlassian.net:8443",
    ],
)
def test_a_site_has_no_user_no_port_and_no_other_scheme(written: str) -> None:
    with pytest.raises(ValueError, match="not the address of an Atlassian site") as raised:
        Site.parse(written)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("written", ["https://[secret", "https://acme.atlassian.net:secret"])
def test_what_is_no_address_is_not_repeated(written: str) -> None:
    with pytest.raises(ValueError, match=r"^it is not an address\.$"):
        Site.parse(written)


@pytest.mark.parametrize("written", ["{}", "https://{}.atlassian.net/"])
def test_a_key_in_the_place_of_the_site_is_neither_looked_up_nor_repeated(written: str) -> None:
    key = "7d1c3a9e-0b52-4f6e-9a1d-2c8e4b7f6a10"
    with pytest.raises(ValueError, match="it contains a key of Opsgenie") as raised:
        Site.parse(written.format(key))
    assert key not in str(raised.value)


def test_a_site_that_fails_for_minutes_is_waited_for(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker, naps: list[float]
) -> None:
    failing = [{"status_code": 503}] * 10
    requests_mock.get(TENANT, [*failing, {"json": {"cloudId": "cloud"}}])
    assert rows(streams["syncs"]) == []
    assert sum(naps) > 200


@pytest.mark.slow
@pytest.mark.parametrize(("age", "earliest"), [("86400", "24"), ("0", "23"), ("", "23"), ("old", "23")])
def test_the_date_of_an_answer_from_a_cache_is_not_the_time(
    age: str, earliest: str, streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    cached = {"Date": "Mon, 23 Nov 2026 12:00:00 GMT", "Age": age}
    requests_mock.get(TENANT, json={"cloudId": "cloud"}, headers=cached)
    own = {"Date": "Tue, 24 Nov 2026 12:00:00 GMT"}
    asked = requests_mock.get(f"{OPERATIONS}/logs", json={"values": []}, headers=own)
    requests_mock.get(f"{OPERATIONS}/alerts", json={"values": []}, headers=own)
    for part in streams["audit_logs"].stream_slices(sync_mode=SyncMode.incremental):
        list(streams["audit_logs"].read_records(SyncMode.incremental, stream_slice=part))
    assert asked.request_history[-1].qs["endtime"] == [f"2026-11-{earliest}t12:00:00.000z"]


def test_calls_of_a_list_need_no_client_but_its_own(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests_mock.get(TENANT, json={"cloudId": "cloud"})
    requests_mock.get(f"{OPERATIONS}/roles", json={"values": []})
    assert rows(streams["syncs"]) == []
    monkeypatch.delattr("source_opsgenie.jsm.backend.Client")
    assert rows(streams["custom_user_roles"]) == []


def test_an_unknown_token_is_not_waited_for_though_another_endpoint_fails(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(TENANT, json={"cloudId": "cloud"})
    failing = requests_mock.get(f"{OPERATIONS}/alerts", status_code=503)
    for address in (f"{OPERATIONS}/schedules", *(f"{SCOPED}/{name}" for name in ("alerts", "schedules"))):
        requests_mock.get(address, status_code=401, json={"message": "No."})
    with pytest.raises(ApiError, match=r"does not accept the token.* without scopes"):
        rows(streams["syncs"])
    assert failing.call_count == 3  # as often as in a check


def reject(site: requests_mock.Mocker, base: str, words: str = "Unauthorized", status: int = 401) -> None:
    """Refuse the calls with which the connector finds out whether an address accepts the token."""
    for name in ("alerts", "schedules"):
        site.get(f"{base}/{name}", status_code=status, json={"message": words})


def test_a_token_that_is_unknown_at_the_address_for_tokens_without_scopes_may_be_known_at_the_other_one(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(TENANT, json={"cloudId": "cloud"})
    reject(requests_mock, OPERATIONS)
    requests_mock.get(f"{SCOPED}/alerts", json={"values": []})
    requests_mock.get(f"{SCOPED}/jec/channels", json={"values": [{"id": "c"}]})
    assert rows(streams["jec_channels"]) == [{"id": "c"}]


@pytest.mark.parametrize("words", ["Unauthorized", OTHER_TOKENS])
@pytest.mark.parametrize("scoped_words", ["Unauthorized", OTHER_TOKENS])
def test_a_token_with_scopes_that_is_not_taken_with_an_e_mail_address_is_sent_without_one(
    words: str, scoped_words: str, streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    """Reports differ on how such tokens are sent to this address; a user's token was refused there by Basic."""
    requests_mock.get(TENANT, json={"cloudId": "cloud"})
    reject(requests_mock, OPERATIONS, words)
    reject(requests_mock, SCOPED, scoped_words)
    bearer = {"Authorization": "Bearer ATATT3xFfGF0invented"}
    requests_mock.get(f"{SCOPED}/alerts", request_headers=bearer, json={"values": []})
    requests_mock.get(f"{SCOPED}/jec/channels", request_headers=bearer, json={"values": [{"id": "c"}]})
    assert rows(streams["jec_channels"]) == [{"id": "c"}]


@pytest.mark.parametrize(
    ("status", "words", "calls"),
    [(401, "Unauthorized", 2), (401, OTHER_TOKENS, 2), *((each, "", 2) for each in (400, 403, 404)), (503, "", 6)],
)
def test_an_unknown_token_is_not_accepted_if_the_other_address_does_not_answer_it(
    status: int, words: str, calls: int, streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(TENANT, json={"cloudId": "cloud"})
    reject(requests_mock, OPERATIONS)
    reject(requests_mock, SCOPED, words, status)
    with pytest.raises(ApiError, match="does not accept the token"):
        rows(streams["jec_channels"])
    assert [each.url.startswith(SCOPED) for each in requests_mock.request_history].count(True) == calls


def test_a_site_that_does_not_answer_is_waited_for_once(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker, naps: list[float]
) -> None:
    tenant = requests_mock.get(TENANT, status_code=503)
    for name in ("syncs", "services", "users", "maintenance"):
        with pytest.raises(ApiError, match="HTTP 503"):
            rows(streams[name])
    assert 500 < sum(naps) <= 600
    assert tenant.call_count < 20


@pytest.mark.parametrize("text", ["<html>Not found</html>", "404 page not found"])
def test_a_site_that_is_not_found_is_named_whatever_the_answer_is(
    text: str, streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(TENANT, status_code=404, text=text)
    with pytest.raises(ApiError, match="is not the address of an Atlassian site"):
        rows(streams["syncs"])


UNKNOWN = requests.ConnectionError(socket.gaierror(socket.EAI_NONAME, "not resolved"))


def test_where_only_the_gateway_is_out_of_reach_it_is_named_and_not_the_site(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(TENANT, json={"cloudId": "cloud"})
    for name in ("alerts", "schedules"):
        requests_mock.get(f"{OPERATIONS}/{name}", exc=UNKNOWN)
    with pytest.raises(ApiError) as raised:
        rows(streams["syncs"])
    assert "because the host name api.atlassian.com is not known (DNS). " in str(raised.value.message)
    assert "'site'" not in str(raised.value.message)
    assert "acme" not in str(raised.value.message)


def test_a_site_that_is_out_of_reach_is_named_with_its_field(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(TENANT, exc=UNKNOWN)
    with pytest.raises(ApiError, match=r"the host name acme\.atlassian\.net is not known \(DNS\); check 'site'"):
        rows(streams["syncs"])


@pytest.mark.parametrize("is_scoped", [False, True])
def test_the_users_are_at_the_site_unless_the_token_has_scopes(
    is_scoped: bool, streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(TENANT, json={"cloudId": "cloud"})
    if is_scoped:
        reject(requests_mock, OPERATIONS, OTHER_TOKENS)
        requests_mock.get(f"{SCOPED}/alerts", json={"values": []})
    base = f"{GATEWAY}/ex/jira/cloud" if is_scoped else SITE
    requests_mock.get(f"{base}/rest/api/3/myself", status_code=503)
    requests_mock.get(f"{base}/rest/api/3/users/search", exc=UNKNOWN)
    with pytest.raises(ApiError) as raised:
        rows(streams["users"])
    named = "api.atlassian.com" if is_scoped else "acme.atlassian.net"
    assert f"the host name {named} is not known" in str(raised.value.message)
    assert ("check 'site'" in str(raised.value.message)) is not is_scoped


def test_an_api_that_is_out_of_reach_costs_no_stream_of_another(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker, naps: list[float]
) -> None:
    requests_mock.get(TENANT, json={"cloudId": "cloud"})
    requests_mock.get(re.compile(f"{SITE}/rest/"), status_code=503)
    with pytest.raises(ApiError, match="HTTP 503"):
        rows(streams["users"])
    requests_mock.get(f"{OPERATIONS}/jec/channels", json={"values": [{"id": "c"}]})
    assert rows(streams["jec_channels"]) == [{"id": "c"}]
    assert naps != []


@pytest.mark.parametrize("name", ["alerts", "schedules", "syncs"])
def test_a_list_that_fails_for_good_costs_no_other_list(
    name: str, streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(TENANT, json={"cloudId": "cloud"})
    for each in ("schedules", "jec/channels"):
        requests_mock.get(f"{OPERATIONS}/{each}", json={"values": [{"id": "c"}]})
    requests_mock.get(f"{OPERATIONS}/{name}", status_code=500)
    with pytest.raises(ApiError, match="HTTP 500"):
        list(streams[name].without_naming())  # type: ignore[attr-defined] # which takes no names
    assert rows(streams["jec_channels"]) == [{"id": "c"}]


def test_a_sync_waits_for_a_site_that_throttles_its_first_calls_for_long(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker, naps: list[float]
) -> None:
    requests_mock.get(TENANT, json={"cloudId": "cloud"})
    throttled: Any = {"status_code": 429, "headers": {"Retry-After": "1800"}, "json": {"message": "Rate limit"}}
    asked = requests_mock.get(f"{OPERATIONS}/alerts", [throttled, throttled, {"json": {"values": []}}])
    requests_mock.get(f"{OPERATIONS}/schedules", **throttled)
    assert rows(streams["syncs"]) == []
    assert asked.call_count == 3
    assert len([nap for nap in naps if nap >= 1800]) == 1
