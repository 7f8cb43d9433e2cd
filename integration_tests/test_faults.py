"""Opsgenie misbehaves: the sync goes on and is complete, or fails in words; it never ends well without its rows."""

from __future__ import annotations

import base64
import json
import re
import socket
import ssl
import threading
from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from integration_tests.connector import Connector, Outcome
from integration_tests.sandbox.faults import HARMLESS, LASTING, LINKS, PASSING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from integration_tests.sandbox.client import Sandbox

# A stream of each paging family, and the endpoint that misbehaves under it.
ON = {
    "alerts": "/v2/alerts",
    "alert_logs": "/v2/alerts/{alertId}/logs",
    "incident_timeline_entries": "/v2/incident-timelines/{incidentId}/entries",
    "incident_associated_alerts": "/v1/incidents/{incidentId}/associated-alert-ids",
    "users": "/v2/users",
    "team_logs": "/v2/teams/{teamId}/logs",
    "team_members": "/v2/teams/{teamId}",
    "integrations": "/v2/integrations/{integrationId}",
    "schedule_timelines": "/v2/schedules/{scheduleId}/timeline",
    "heartbeats": "/v2/heartbeats",
}
UNTOUCHED = "escalations"

# A call is given up after ten minutes of waits of 1, 2, 4 ... 60 seconds: if an attempt takes no time that is the first
# number of attempts, and however long it takes the second.
MOST_ATTEMPTS = 15
LEAST_ATTEMPTS = 4
FAILURES = 10  # nearly ten minutes of them, as each takes some time
SECRET_OF_AN_INTEGRATION = "s3cr3t"  # noqa: S105 - the sandbox's


def canonical(row: dict[str, Any]) -> str:
    return json.dumps({name: value for name, value in row.items() if value is not None}, sort_keys=True)


def is_complete(outcome: Outcome, name: str, account: Sandbox) -> bool:
    return Counter(map(canonical, outcome.records[name])) == Counter(map(canonical, account.truth(name)))


def assert_no_silent_loss(outcome: Outcome, account: Sandbox) -> None:
    """Require of every stream: all its rows, or a status and an error that say otherwise."""
    for name in (*ON, UNTOUCHED):
        if outcome.statuses[name][-1] == "COMPLETE":
            assert set(map(canonical, account.truth(name))) <= set(map(canonical, outcome.records[name])), name
        else:
            assert outcome.code == 1
            assert any(error.startswith(f"{name}: ") for error in outcome.errors), (name, outcome.errors)
    assert all("Traceback" not in error for error in outcome.errors)


def assert_without_secrets(outcome: Outcome, account: Sandbox) -> None:
    said = outcome.stdout + outcome.stderr
    key = account.key()
    forms = [key, f":{key}", f"GenieKey {key}"]
    for form in forms:
        assert form not in said
        assert quote(form) not in said
        assert base64.b64encode(form.encode()).decode() not in said
    assert SECRET_OF_AN_INTEGRATION not in said


@pytest.fixture
def hurried(sandbox: Sandbox, tmp_path: Path) -> Connector:
    config = {"api_token": sandbox.key(), "endpoint": sandbox.url}
    return Connector(tmp_path, config).hurried


@pytest.fixture(scope="module")
def catalog(shared_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    config = {"api_token": shared_sandbox.key(), "endpoint": shared_sandbox.url}
    return Connector(tmp_path_factory.mktemp("catalog"), config).catalog()


def sweep(
    connector: Connector, catalog: dict[str, Any], sandbox: Sandbox, fault: dict[str, Any], *arguments: str
) -> Outcome:
    """Read a stream of each family while all their endpoints misbehave, and one whose endpoint does not."""
    sandbox.settings(fault={**fault, "on": list(ON.values())})
    outcome = connector.read([catalog[name] for name in (*ON, UNTOUCHED)], "full_refresh", None, *arguments)
    assert_no_silent_loss(outcome, sandbox)
    assert_without_secrets(outcome, sandbox)
    assert outcome.statuses[UNTOUCHED][-1] == "COMPLETE"
    return outcome


# What passes


@pytest.mark.parametrize("fault", [*PASSING, *HARMLESS])
def test_what_passes_by_itself_is_waited_for(
    fault: str, sandbox: Sandbox, hurried: Connector, catalog: dict[str, Any]
) -> None:
    times = 1 if fault in {"hang", "drip", "endless head", "endless trailers"} else 3
    outcome = sweep(hurried, catalog, sandbox, {"name": fault, "times": times})
    assert outcome.code == 0, outcome.errors
    assert all(is_complete(outcome, name, sandbox) for name in ON)


@pytest.mark.parametrize("fault", ["500", "502", "503", "504"])
def test_ten_minutes_of_errors_are_waited_for(
    fault: str, sandbox: Sandbox, hurried: Connector, catalog: dict[str, Any]
) -> None:
    sandbox.settings(fault={"name": fault, "on": [ON["alerts"]], "after": 1, "times": FAILURES})
    outcome = hurried.read([catalog["alerts"]])
    assert outcome.code == 0, outcome.errors
    assert is_complete(outcome, "alerts", sandbox)
    assert sandbox.stats()["calls"][ON["alerts"]] > FAILURES


@pytest.mark.parametrize("fault", ["429", "429 without headers"])
def test_a_storm_of_429s_is_waited_for_however_long(
    fault: str, sandbox: Sandbox, hurried: Connector, catalog: dict[str, Any]
) -> None:
    sandbox.settings(fault={"name": fault, "on": [ON["alerts"]], "after": 1, "times": 60})
    outcome = hurried.read([catalog["alerts"]])
    assert outcome.code == 0, outcome.errors
    assert is_complete(outcome, "alerts", sandbox)


# What does not


@pytest.mark.parametrize("fault", sorted(set(PASSING) - {"429", "429 without headers", "hang", "drip"}))
def test_what_does_not_pass_fails_in_words(
    fault: str, sandbox: Sandbox, hurried: Connector, catalog: dict[str, Any]
) -> None:
    outcome = sweep(hurried, catalog, sandbox, {"name": fault})
    assert outcome.code == 1
    for name in ON:
        assert outcome.statuses[name][-1] == "INCOMPLETE"
        (error,) = [error for error in outcome.errors if error.startswith(f"{name}: ")]
        assert "gave up after" in error
    assert {outcome.failure_types[name] for name in ON} == {"transient_error"}
    attempts = [
        int(number) for error in outcome.errors for number in re.findall(r"gave up after (\d+) attempts", error)
    ]
    assert LEAST_ATTEMPTS <= max(attempts) <= MOST_ATTEMPTS


@pytest.mark.parametrize("after", [0, 2])
@pytest.mark.parametrize("fault", [*LASTING, *LINKS])
def test_nothing_is_ever_lost_in_silence(
    fault: str, after: int, sandbox: Sandbox, hurried: Connector, catalog: dict[str, Any]
) -> None:
    outcome = sweep(hurried, catalog, sandbox, {"name": fault, "after": after}, "--debug")
    assert sandbox.stats()["violations"] == []  # the key went nowhere else
    if fault in LASTING:
        failed = {name for name in ON if outcome.statuses[name][-1] == "INCOMPLETE"}
        assert failed == set(ON) if after == 0 else failed >= {"alert_logs", "incident_timeline_entries"}


@pytest.mark.parametrize("fault", LINKS)
@pytest.mark.parametrize("name", ["alert_logs", "incident_associated_alerts"])
def test_a_list_that_leads_in_a_circle_or_on_for_ever_is_an_error(
    fault: str, name: str, sandbox: Sandbox, hurried: Connector, catalog: dict[str, Any]
) -> None:
    sandbox.settings(fault={"name": fault, "on": [ON[name]]})
    outcome = hurried.read([catalog[name]])
    assert sandbox.stats()["violations"] == []
    if outcome.code == 0:  # the link's query, asked of the host that is configured, led on to the end of the list
        assert set(map(canonical, outcome.records[name])) == set(map(canonical, sandbox.truth(name)))
    else:
        assert ("not Opsgenie's" if fault == "link elsewhere" else "leads back") in outcome.errors[0]


def test_an_answer_too_large_for_any_machine_says_so(
    sandbox: Sandbox, hurried: Connector, catalog: dict[str, Any]
) -> None:
    sandbox.settings(fault={"name": "huge", "on": [ON["users"]]})
    outcome = hurried.read([catalog["users"]])
    assert outcome.code == 1
    assert "more than 12 MB" in outcome.errors[0]
    assert sandbox.stats()["calls"][ON["users"]] == 1


def test_a_redirect_is_not_followed(sandbox: Sandbox, hurried: Connector, catalog: dict[str, Any]) -> None:
    sandbox.settings(fault={"name": "redirect", "on": [ON["users"]]})
    outcome = hurried.read([catalog["users"]])
    assert outcome.code == 1
    assert "redirects to another address" in outcome.errors[0]
    assert outcome.failure_types["users"] == "config_error"
    assert "(none)" not in sandbox.stats()["calls"]


# Nobody answers, or somebody else does


def read_at(endpoint: str, folder: Path, catalog: dict[str, Any], **further: object) -> Outcome:
    config = {"api_token": "7d1c3a9e-0b52-4f6e-9a1d-2c8e4b7f6a10", "endpoint": endpoint, **further}
    return Connector(folder, config).hurried.read([catalog["teams"]])


def assert_transient(outcome: Outcome, words: str) -> None:
    assert outcome.code == 1
    assert outcome.statuses["teams"][-1] == "INCOMPLETE"
    assert words in outcome.errors[0]
    assert outcome.failure_types["teams"] == "transient_error"
    assert "Traceback" not in outcome.errors[0]


def test_a_connection_that_is_refused_says_so(tmp_path: Path, catalog: dict[str, Any]) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        assert_transient(read_at(endpoint, tmp_path, catalog), "refuses the connection")


def test_a_host_that_nobody_knows_says_so(tmp_path: Path, catalog: dict[str, Any]) -> None:
    assert_transient(read_at("opsgenie.invalid", tmp_path, catalog), "is not known (DNS)")


@pytest.fixture
def untrusted_host(tmp_path: Path) -> Iterator[str]:
    """A host with a certificate that it signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(timezone.utc)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    certificate = builder.sign(key, hashes.SHA256())
    pem = tmp_path / "host.pem"
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *private) + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_shake_hands, args=(listening, context), daemon=True).start()
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"


def _shake_hands(listening: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return  # the test has ended
        try:
            context.wrap_socket(connection, server_side=True).close()
        except OSError:
            connection.close()


def test_a_certificate_that_nobody_trusts_is_refused_whatever_the_configuration(
    untrusted_host: str, tmp_path: Path, catalog: dict[str, Any]
) -> None:
    off = {"verify": False, "verify_ssl": False, "ssl_verify": False, "insecure": True}
    assert_transient(read_at(untrusted_host, tmp_path, catalog, **off), "TLS connection")


# In the middle of a sync


def test_a_key_revoked_in_mid_sync_says_so_and_keeps_the_state(
    own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]
) -> None:
    account = own_sandbox(alerts=900)
    connector = connect(account)
    stream = connector.catalog()["alert_notes"]
    account.settings(fault={"name": "revoked", "on": ["/v2/alerts/{alertId}/notes"], "after": 400})
    failed = connector.read([stream], "incremental", [])
    assert failed.code == 1
    assert "does not know the key" in failed.errors[0]
    assert failed.failure_types["alert_notes"] == "config_error"
    assert failed.last_states
    account.settings(fault={})
    rest = connector.read([stream], "incremental", failed.last_states)
    rows = {canonical(row) for row in failed.records["alert_notes"] + rest.records["alert_notes"]}
    assert rows == set(map(canonical, account.truth("alert_notes")))
    assert len(rest.records["alert_notes"]) < len(rows)


def test_a_query_that_opsgenie_refuses_is_named(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    connector = connect(sandbox, alert_query="createdAt >= yesterday")
    catalog = connector.catalog()
    outcome = connector.read([catalog["alerts"], catalog["alert_notes"], catalog["incidents"]])
    assert outcome.code == 1
    assert outcome.statuses["incidents"][-1] == "COMPLETE"
    for name in ("alerts", "alert_notes"):
        (error,) = [error for error in outcome.errors if error.startswith(f"{name}: ")]
        assert "'alert_query'" in error
        assert "Time is accepted" in error
        assert outcome.failure_types[name] == "config_error"


# States and catalogs


@pytest.mark.parametrize(
    "state",
    [
        {"updatedAt": "soon"},
        {"updatedAt": 7, "backfill": "done"},
        {"version": 9, "cursors": {"a": 1}},
        {"updatedAt": "2026-06-01T00:00:00Z", "createdAt": None, "backfill": "later", "x": [1]},
        {"updatedAt": None, "createdAt": "2026-06-01T00:00:00Z", "backfill": "done"},
    ],
    ids=["no time", "number", "newer", "half", "without changes"],
)
def test_a_state_that_says_nothing_starts_from_the_beginning(
    state: dict[str, Any], sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    connector = connect(sandbox)
    given = [{"type": "STREAM", "stream": {"stream_descriptor": {"name": "alerts"}, "stream_state": state}}]
    outcome = connector.read([connector.catalog()["alerts"]], "incremental", given)
    assert outcome.code == 0, outcome.errors
    assert is_complete(outcome, "alerts", sandbox)


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("team_logs", {"createdDate": "soon"}),
        ("team_logs", {"createdDate": 7}),
        ("schedule_timelines", {"endDate": ["x"]}),
        ("log_files", {"marker": 7}),
        ("incident_notes", {"parents": {}}),
    ],
)
def test_a_damaged_state_of_any_stream_starts_from_the_beginning(
    name: str, state: dict[str, Any], sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    connector = connect(sandbox)
    given = [{"type": "STREAM", "stream": {"stream_descriptor": {"name": name}, "stream_state": state}}]
    outcome = connector.read([connector.catalog()[name]], "incremental", given)
    assert outcome.code == 0, outcome.errors
    assert is_complete(outcome, name, sandbox)


@pytest.mark.parametrize("content", ["{", "7", '[{"type": "STREAM"}]', '"x"', '[{"type": "STREAM", "stream": 3}]'])
def test_a_state_file_that_is_none_is_an_error(
    content: str, sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    connector = connect(sandbox)
    line = connector.read_line([connector.catalog()["teams"]], "full_refresh", [])
    (connector.folder / "state.json").write_text(content)
    outcome = connector.run(*line)
    assert outcome.code == 1
    assert outcome.errors
    assert outcome.records == {}


def test_a_catalog_of_another_schema_is_read_as_ever(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    connector = connect(sandbox)
    stream = connector.catalog()["alerts"]
    older = {"type": "object", "properties": {"id": {"type": "integer"}, "gone": {"type": "string"}}}
    outcome = connector.read([{**stream, "json_schema": older}], "incremental", [])
    assert outcome.code == 0, outcome.errors
    assert is_complete(outcome, "alerts", sandbox)
