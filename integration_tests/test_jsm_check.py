"""`check` of an account that has moved: a plain yes, or one sentence that says what to change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from integration_tests.connector import Connector, Outcome
from integration_tests.loopback import LOOPBACK, served
from integration_tests.sandbox.client import Sandbox

Row = dict[str, Any]

CLOUD = b'{"cloudId": "6e7da0a9-f61d-43cd-a982-5395cdb1a46e"}'
PAGE = b"<!doctype html><html><body>Log in to Jira</body></html>"


def checked(folder: Path, config: Row) -> Outcome:
    return Connector(folder, config).hurried.check()


def failure(outcome: Outcome) -> str:
    status, message = outcome.connection
    assert status == "FAILED"
    assert message is not None
    assert "Traceback" not in message
    return message


def with_site(config: Row, **changes: object) -> Row:
    return {**config, "jira_service_management": {**config["jira_service_management"], **changes}}


# Which credential


@pytest.mark.parametrize(
    ("kind", "unreadable"),
    [
        ("classic", []),
        ("team", ["custom_user_roles", "audit_logs"]),
        ("scoped", ["services", "team_members"]),
        ("oauth", ["services", "team_members"]),
    ],
)
def test_a_token_that_reads_something_passes_and_what_it_cannot_read_is_told(
    kind: str, unreadable: list[str], site: Sandbox, tmp_path: Path
) -> None:
    outcome = checked(tmp_path, site.jsm_config(kind))
    assert outcome.connection == ("SUCCEEDED", None)
    assert [line.partition(": a sync cannot read this stream, because ")[0] for line in outcome.warnings] == unreadable
    assert site.stats()["total"] <= 6 + 12  # where the site is, and each list without a parent once


def test_an_organization_that_is_not_the_right_one_is_told(site: Sandbox, tmp_path: Path) -> None:
    outcome = checked(tmp_path, with_site(site.jsm_config(), organization_id="6e7da0a9-f61d-43cd-a982-5395cdb1a46e"))
    assert outcome.connection == ("SUCCEEDED", None)
    (line,) = outcome.warnings
    assert line.startswith("team_members: a sync cannot read this stream, because ")
    assert '"Organization not found"' in line
    assert " Nor can it read the child streams: user_teams. " in line


def test_the_other_address_is_found_and_told(site: Sandbox, tmp_path: Path) -> None:
    outcome = checked(tmp_path, site.jsm_config("scoped"))
    (line,) = [line for line in outcome.logs if "has scopes" in line]
    assert "/ex/jira/" in line


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        ("scoped_alerts", "read:ops-config:jira-service-management"),
        ("scoped_config", "read:ops-alert:jira-service-management"),
    ],
)
def test_a_missing_scope_is_a_warning(kind: str, missing: str, site: Sandbox, tmp_path: Path) -> None:
    outcome = checked(tmp_path, site.jsm_config(kind))
    assert outcome.connection == ("SUCCEEDED", None)
    assert missing in outcome.warnings[0]
    assert all("a sync cannot read this stream" in line for line in outcome.warnings[1:])


def test_a_token_with_neither_scope_fails_and_names_both(site: Sandbox, tmp_path: Path) -> None:
    outcome = checked(tmp_path, site.jsm_config("scoped_users"))
    told = failure(outcome)
    assert told.startswith(
        "The token in 'api_token' lacks the scopes for JSM Operations. Create a token with the scopes "
    )
    assert "read:ops-alert:jira-service-management, read:ops-config:jira-service-management" in told
    assert outcome.warnings == []
    # At both addresses, and at the second one without the e-mail address, too.
    assert (site.calls()["/jsm/ops/api/v1/alerts"], site.calls()["/jsm/ops/api/v1/schedules"]) == (3, 2)


def test_a_token_that_is_not_taken_with_an_e_mail_address_passes_without_it(site: Sandbox, tmp_path: Path) -> None:
    outcome = checked(tmp_path, with_site(site.jsm_config("oauth"), email="me@acme.com"))
    assert outcome.connection == ("SUCCEEDED", None)


def test_a_bearer_token_with_neither_scope_fails_and_asks_for_an_address(site: Sandbox, tmp_path: Path) -> None:
    outcome = checked(tmp_path, with_site(site.jsm_config("scoped_users"), email=None))
    told = failure(outcome)
    assert told.startswith("The token in 'api_token' lacks the scopes for JSM Operations.")
    assert told.endswith("If it is the token of a user, fill in 'email' in 'jira_service_management'.")
    assert outcome.warnings == []


def test_who_sees_no_team_is_warned(site: Sandbox, tmp_path: Path) -> None:
    outcome = checked(tmp_path, site.jsm_config("no_teams"))
    assert outcome.connection == ("SUCCEEDED", None)
    assert "sees no team" in outcome.warnings[0]


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("expired", "it has expired"),
        ("no_operations", "has no JSM Operations, or the owner of the token has no access to it"),
        ("genie", "'api_token' contains an Opsgenie API key"),
    ],
)
def test_a_token_that_reads_nothing_fails_with_its_reason(kind: str, why: str, site: Sandbox, tmp_path: Path) -> None:
    assert why in failure(checked(tmp_path, site.jsm_config(kind)))


@pytest.mark.parametrize("email", [None, "somebody.else@example.com"])
def test_a_token_without_the_address_of_its_owner(email: str | None, site: Sandbox, tmp_path: Path) -> None:
    told = failure(checked(tmp_path, with_site(site.jsm_config(), email=email)))
    assert "'email' is missing or not the address of its owner" in told


def test_a_wrong_token(site: Sandbox, tmp_path: Path) -> None:
    told = failure(checked(tmp_path, {**site.jsm_config(), "api_token": "ATATT3xFfGF0notAToken"}))
    assert "it is wrong" in told
    assert "id.atlassian.com" in told


def test_an_account_that_has_not_moved_yet(sandbox: Sandbox, tmp_path: Path) -> None:
    assert "has no JSM Operations" in failure(checked(tmp_path, sandbox.jsm_config()))


# What a sync would not read


@pytest.mark.parametrize(
    ("path", "rows"), [("v1/alerts", "values"), ("v1/teams", "platformTeams")], ids=["alerts", "teams"]
)
@pytest.mark.parametrize("body", [b'{"items": [{"id": "a"}]}', b'{"values": null, "platformTeams": null}'])
def test_an_answer_without_its_rows_fails_as_in_a_sync(
    body: bytes, path: str, rows: str, site: Sandbox, tmp_path: Path
) -> None:
    def answer(asked: str) -> tuple[int, bytes, dict[str, str]]:
        whole = b'{"cloudId": "c", "values": [], "platformTeams": []}'
        return 200, body if path in asked else whole, {}

    with server(answer) as url:
        told = failure(checked(tmp_path, with_site(site.jsm_config(), site=url)))
    assert path in told
    assert f"'{rows}'" in told
    assert "'site'" not in told  # it is the right one


def test_a_query_that_jsm_refuses_is_named(site: Sandbox, tmp_path: Path) -> None:
    told = failure(checked(tmp_path, {**site.jsm_config(), "alert_query": "createdAt >= yesterday"}))
    assert told.startswith("JSM Operations does not understand 'alert_query'. ")
    assert "Time is accepted" in told


def test_a_query_that_jsm_takes_passes(site: Sandbox, tmp_path: Path) -> None:
    outcome = checked(tmp_path, {**site.jsm_config(), "alert_query": "status: open"})
    assert outcome.connection == ("SUCCEEDED", None)


def test_a_query_is_not_tried_with_a_token_that_reads_no_alerts(site: Sandbox, tmp_path: Path) -> None:
    outcome = checked(tmp_path, {**site.jsm_config("scoped_config"), "alert_query": "createdAt >= yesterday"})
    assert outcome.connection == ("SUCCEEDED", None)
    assert "read:ops-alert:jira-service-management" in outcome.warnings[0]


# Which site


@pytest.mark.parametrize(
    "written",
    ["acme.example.com", "ht!tp://", "id.atlassian.com", "acme_x", "https://acme.atlassian.net:8443", 3],
)
def test_a_malformed_site(written: object, site: Sandbox, tmp_path: Path) -> None:
    told = failure(checked(tmp_path, with_site(site.jsm_config(), site=written)))
    assert "'jira_service_management.site' is not valid" in told


@pytest.mark.parametrize("written", ["", None])
def test_a_site_that_is_not_filled_in(written: object, site: Sandbox, tmp_path: Path) -> None:
    told = failure(checked(tmp_path, with_site(site.jsm_config(), site=written)))
    assert "'jira_service_management.site' is missing" in told


@pytest.mark.parametrize("written", ["acme.atlassian.net", ["acme.atlassian.net"]])
def test_a_group_that_is_none(written: object, site: Sandbox, tmp_path: Path) -> None:
    told = failure(checked(tmp_path, {**site.jsm_config(), "jira_service_management": written}))
    assert "'jira_service_management' is not valid: it must be an object with several fields" in told


def test_a_site_in_the_place_of_opsgenies_host(site: Sandbox, tmp_path: Path) -> None:
    told = failure(checked(tmp_path, {"api_token": site.jsm_config()["api_token"], "endpoint": "acme.atlassian.net"}))
    assert "write it into 'site' in 'jira_service_management'" in told


def test_opsgenies_host_beside_a_site_is_not_used(site: Sandbox, tmp_path: Path) -> None:
    outcome = checked(tmp_path, {**site.jsm_config(), "endpoint": "api.eu.opsgenie.com"})
    assert outcome.connection == ("SUCCEEDED", None)


@contextmanager
def server(answer: Callable[[str], tuple[int, bytes, dict[str, str]]]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        """Gives one answer to each path."""

        def do_GET(self) -> None:
            status, body, headers = answer(self.path)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with served(ThreadingHTTPServer((LOOPBACK, 0), Handler)) as address:
        yield address


def _only_the_number(path: str) -> tuple[int, bytes, dict[str, str]]:
    return (200, CLOUD, {}) if "tenant_info" in path else (200, PAGE, {})


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda _: (404, b'{"message": "no"}', {}), "is not the address of an Atlassian site"),
        (lambda _: (401, b'{"message": "no"}', {}), "is not the address of an Atlassian site"),
        (lambda _: (400, b"", {}), "is not the address of an Atlassian site"),
        (lambda _: (200, PAGE, {}), "is not the address of an Atlassian site"),
        (lambda _: (200, b'{"cloudId": ""}', {}), "is not the address of an Atlassian site"),
        (lambda _: (200, b'{"cloudId": 7}', {}), "is not the address of an Atlassian site"),
        (_only_the_number, "with a web page instead of JSON"),
        (lambda _: (302, b"", {"Location": "https://example.com/login"}), "redirects to another address"),
        (lambda _: (503, b"", {}), "Check 'site' in 'jira_service_management', or try again later."),
    ],
    ids=["unknown", "unauthorized", "bad request", "page", "empty", "number", "page later", "redirect", "down"],
)
def test_an_address_without_a_site(
    answer: Callable[[str], tuple[int, bytes, dict[str, str]]], why: str, site: Sandbox, tmp_path: Path
) -> None:
    with server(answer) as url:
        assert why in failure(checked(tmp_path, with_site(site.jsm_config(), site=url)))


def test_a_host_that_is_not_known(site: Sandbox, tmp_path: Path) -> None:
    told = failure(checked(tmp_path, with_site(site.jsm_config(), site="no-such-site-at-all.atlassian.net")))
    assert "'endpoint'" not in told
    assert "'site'" in told


def test_a_site_that_says_nothing_does_not_hold_up_the_check(site: Sandbox, tmp_path: Path) -> None:
    ended = threading.Event()

    def wait(_: str) -> tuple[int, bytes, dict[str, str]]:
        ended.wait(60)
        return 200, CLOUD, {}

    with server(wait) as url:
        told = failure(Connector(tmp_path, with_site(site.jsm_config(), site=url)).check())  # real seconds
        ended.set()
    assert told == f"{url.removeprefix('http://')} does not answer within 20 seconds."
