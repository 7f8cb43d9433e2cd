"""An API misbehaves: the sync goes on and is complete, or fails in words; it never ends well without its rows."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from integration_tests.connector import Connector, Outcome
from integration_tests.misbehaving import BELOW_SITE, OPSGENIE, SITE, SiteSubject, Subject
from integration_tests.rows import canonical
from integration_tests.sandbox.client import Sandbox
from integration_tests.sandbox.faults import HARMLESS, LASTING, LINKS, PASSING
from source_opsgenie.http.retry import COUNT
from unit_tests.test_deadline import ENDLESS, Server

# A call is given up after ten minutes of waits of 1, 2, 4 ... 60 seconds: if an attempt takes no time that is the first
# number of attempts, and however long it takes the second.
MOST_ATTEMPTS = 15
LEAST_ATTEMPTS = 4
MOST_ATTEMPTS_WITHOUT_AN_ANSWER = 9
FAILURES = 10  # nearly ten minutes of them, as each takes some time

# An account whose alerts have two pages, with little else. What is below an object is read of its few incidents.
SMALL_ACCOUNT: dict[str, Any] = {"alerts": 105, "incidents": 4, "schedules": 2, "teams": 3, "integrations": 4}

# A migrated account with few alerts, for each of them is a call or two, and with pages that are cut short, so that all
# its lists have several.
SMALL_SITE: dict[str, Any] = {"alerts": 8, "incidents": 4, "schedules": 3, "teams": 3, "integrations": 4, "users": 7}
SMALL_SITE |= {"audit_logs": 120, "settings": {"jsm": {"attachments": "answered", "short_pages": 2}}}

# Each attempt takes as long as a call may take.
WITHOUT_AN_ANSWER = frozenset({"hang", "drip", "endless head", "endless trailers"})

# Judged as 500 and 503 are: `unit_tests/test_retry.py` has them.
LIKE_OTHERS = frozenset({"502", "504"})
# Where an answer has its rows is each API's own. Whatever else is wrong with an answer is found in one place for both
# APIs, so only Opsgenie meets it.
OF_EACH = frozenset(
    {
        *("503", "429", "429 without headers", "reset", "hang", "html", "gzip", "charset"),
        *("other json", "data null", "data text", "no data"),
        *(set(LASTING) - {"huge"}),
        *LINKS,
    }
)

EACH = ["Opsgenie", "JSM"]
# Where nothing below a list can be read without it, what is below misbehaves in a run of its own.
EACH_PART = ["Opsgenie", "JSM's lists", "JSM's lists below"]
PARTS = {"JSM": (SITE, BELOW_SITE), "JSM's lists": (SITE,), "JSM's lists below": (BELOW_SITE,)}


def met_by(faults: Iterable[str], subjects: Iterable[str]) -> pytest.MarkDecorator:
    """Parametrize a test by faults and the subjects that meet them."""
    cases = [
        (fault, subject)
        for fault in faults
        for subject in subjects
        if fault not in LIKE_OTHERS and (subject == "Opsgenie" or fault in OF_EACH)
    ]
    return pytest.mark.parametrize(("fault", "subject"), cases, indirect=["subject"])


@pytest.fixture(scope="session")
def small_account() -> Iterator[Sandbox]:
    with Sandbox(**SMALL_ACCOUNT) as running:
        yield running


@pytest.fixture(scope="session")
def small_site() -> Iterator[Sandbox]:
    with Sandbox(migrated=True, **SMALL_SITE) as running:
        yield running


@pytest.fixture
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    """Yield Opsgenie, or a migrated account."""
    is_opsgenie = request.param == "Opsgenie"
    account: Sandbox = request.getfixturevalue("small_account" if is_opsgenie else "small_site")
    account.reset_stats()
    if is_opsgenie:
        yield Subject(account, Connector(tmp_path, {"api_token": account.key(), "endpoint": account.url}).hurried)
    else:
        month_ago = datetime.fromisoformat(account.now.replace("Z", "+00:00")) - timedelta(days=30)
        connector = Connector(tmp_path, account.jsm_config()).hurried
        yield SiteSubject(account, connector, PARTS[request.param], audited_since=month_ago.isoformat())
    account.settings(fault={})


@pytest.fixture
def hurried(sandbox: Sandbox, tmp_path: Path) -> Connector:
    config = {"api_token": sandbox.key(), "endpoint": sandbox.url}
    return Connector(tmp_path, config).hurried


# What passes


@met_by([*PASSING, *HARMLESS], EACH)
def test_what_passes_by_itself_is_waited_for(fault: str, subject: Subject, catalog: dict[str, Any]) -> None:
    times = 1 if fault in {*WITHOUT_AN_ANSWER, "large"} else 3
    outcome = subject.sweep(catalog, {"name": fault, "times": times})
    assert outcome.code == 0, outcome.errors
    assert [name for name in subject.names if not subject.is_complete(outcome, name)] == []


@met_by(["500", "503"], EACH)
def test_ten_minutes_of_errors_are_waited_for(fault: str, subject: Subject, catalog: dict[str, Any]) -> None:
    alerts = subject.endpoint_of("alerts")
    subject.account.settings(fault={"name": fault, "on": [alerts], "after": 1, "times": FAILURES})
    outcome = subject.read(catalog, ["alerts"])
    assert outcome.code == 0, outcome.errors
    assert subject.is_complete(outcome, "alerts")
    assert subject.account.stats()["calls"][alerts] > FAILURES


@met_by(["429", "429 without headers"], EACH)
def test_a_storm_of_429s_is_waited_for_however_long(fault: str, subject: Subject, catalog: dict[str, Any]) -> None:
    alerts = subject.endpoint_of("alerts")
    subject.account.settings(fault={"name": fault, "on": [alerts], "after": 1, "times": 60})
    outcome = subject.read(catalog, ["alerts"])
    assert outcome.code == 0, outcome.errors
    assert subject.is_complete(outcome, "alerts")


@met_by(["429"], ["Opsgenie"])
def test_a_count_that_is_throttled_for_ever_is_given_up(fault: str, subject: Subject, catalog: dict[str, Any]) -> None:
    count = "/v2/alerts/count"
    subject.account.settings(fault={"name": fault, "on": [count]})
    outcome = subject.read(catalog, ["alerts"])
    assert outcome.code == 0, outcome.errors
    assert subject.is_complete(outcome, "alerts")
    assert subject.account.stats()["calls"][count] == COUNT.most_attempts


# What does not


@met_by(sorted(set(PASSING) - {"429", "429 without headers"} - WITHOUT_AN_ANSWER), EACH_PART)
def test_what_does_not_pass_fails_in_words(fault: str, subject: Subject, catalog: dict[str, Any]) -> None:
    outcome = subject.sweep(catalog, {"name": fault})
    assert outcome.code == 1
    for name in subject.names:
        assert outcome.statuses[name][-1] == "INCOMPLETE"
        (error,) = [error for error in outcome.errors if error.startswith(f"{name}: ")]
        assert "gave up after" in error
    assert {outcome.failure_types[name] for name in subject.names} == {"transient_error"}
    attempts = [
        int(number) for error in outcome.errors for number in re.findall(r"gave up after (\d+) attempts", error)
    ]
    assert LEAST_ATTEMPTS <= max(attempts) <= MOST_ATTEMPTS


@met_by(sorted(WITHOUT_AN_ANSWER), EACH)
def test_a_server_that_never_answers_is_given_up_by_time_and_not_by_attempts(
    fault: str, subject: Subject, catalog: dict[str, Any]
) -> None:
    """An attempt that waits for an answer takes its time from the ten minutes."""
    alerts = subject.endpoint_of("alerts")
    subject.account.settings(fault={"name": fault, "on": [alerts]})
    outcome = subject.read(catalog, ["alerts"])
    assert outcome.code == 1
    assert "gave up after" in outcome.errors[0]
    assert 1 < subject.account.stats()["calls"][alerts] <= MOST_ATTEMPTS_WITHOUT_AN_ANSWER


@pytest.mark.parametrize("after", [0, 2])
@met_by([*LASTING, *LINKS], EACH_PART)
def test_nothing_is_ever_lost_in_silence(fault: str, after: int, subject: Subject, catalog: dict[str, Any]) -> None:
    outcome = subject.sweep(catalog, {"name": fault, "after": after}, "--debug")
    assert subject.violations() == []  # the key went nowhere else
    if fault in LASTING:
        failed = {name for name in subject.names if outcome.statuses[name][-1] == "INCOMPLETE"}
        due = {*subject.names} if after == 0 else subject.of_many_calls & {*subject.names}
        assert failed >= due - (subject.refused_to_some if fault == "revoked" else set())


# Streams of many lists, with pages that are found in two ways, and the endpoints of the lists.
OF_MANY_LISTS = {
    "alert_logs": "/v2/alerts/{alertId}/logs",
    "incident_associated_alerts": OPSGENIE["incident_associated_alerts"],
}


@pytest.mark.parametrize("fault", LINKS)
@pytest.mark.parametrize("name", OF_MANY_LISTS)
def test_a_list_that_leads_in_a_circle_or_on_for_ever_is_an_error(
    fault: str, name: str, sandbox: Sandbox, hurried: Connector, catalog: dict[str, Any]
) -> None:
    sandbox.settings(fault={"name": fault, "on": [OF_MANY_LISTS[name]]})
    outcome = hurried.read([catalog[name]])
    assert sandbox.stats()["violations"] == []
    if outcome.code == 0:  # the link's query, asked of the host that is configured, led on to the end of the list
        assert set(map(canonical, outcome.records[name])) == set(map(canonical, sandbox.truth(name)))
    else:
        assert ("not Opsgenie's" if fault == "link elsewhere" else "leads back") in outcome.errors[0]


def test_an_answer_too_large_for_any_machine_says_so(
    sandbox: Sandbox, hurried: Connector, catalog: dict[str, Any]
) -> None:
    sandbox.settings(fault={"name": "huge", "on": [OPSGENIE["users"]]})
    outcome = hurried.read([catalog["users"]])
    assert outcome.code == 1
    assert "more than 12 MB" in outcome.errors[0]
    assert sandbox.stats()["calls"][OPSGENIE["users"]] == 1


def test_a_redirect_is_not_followed(sandbox: Sandbox, hurried: Connector, catalog: dict[str, Any]) -> None:
    sandbox.settings(fault={"name": "redirect", "on": [OPSGENIE["users"]]})
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


def test_an_answer_that_never_ends_is_given_up(tmp_path: Path, catalog: dict[str, Any]) -> None:
    """The other places are in `unit_tests/test_deadline.py`."""
    with closing(Server(*ENDLESS["gzip of nothing"])) as server:
        outcome = read_at(f"http://127.0.0.1:{server.port}", tmp_path, catalog)
    assert_transient(outcome, "gave up after")
    assert server.connections > 1


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


@pytest.mark.parametrize("name", sorted(SiteSubject.refused_to_some))
def test_a_token_that_has_ended_is_not_taken_for_one_that_may_not_read_a_list(
    name: str, small_site: Sandbox, tmp_path: Path
) -> None:
    connector = Connector(tmp_path, small_site.jsm_config()).hurried
    catalog = connector.catalog()
    refused = [{**SITE, **BELOW_SITE}[name], "/jsm/ops/api/v1/schedules"]  # that, and whatever else it is compared with
    small_site.settings(fault={"name": "revoked", "on": refused})
    outcome = connector.read([catalog[name], catalog["alerts"]], "incremental", [])
    small_site.settings(fault={})
    assert outcome.code == 1
    assert "does not accept the token" in outcome.errors[0]
    assert outcome.failure_types == {name: "config_error"}
    rest = connector.read([catalog[name]], "incremental", outcome.last_states)
    subject = SiteSubject(small_site, connector)
    assert subject.is_complete(rest, name)


@pytest.mark.parametrize("fault", ["429", "429 without headers", "503", "html"])
@pytest.mark.parametrize("endpoint", ["/_edge/tenant_info", "/jsm/ops/api/v1/alerts"])
def test_the_first_calls_of_a_sync_are_as_patient_as_all_others(
    endpoint: str, fault: str, small_site: Sandbox, tmp_path: Path
) -> None:
    connector = Connector(tmp_path, small_site.jsm_config()).hurried
    small_site.settings(fault={"name": fault, "on": [endpoint], "times": FAILURES - 2})
    outcome = connector.read([connector.catalog()["jec_channels"]])
    small_site.settings(fault={})
    assert outcome.code == 0, outcome.errors
    assert SiteSubject(small_site, connector).is_complete(outcome, "jec_channels")


def test_names_that_cannot_be_read_end_the_streams_that_lack_them_with_an_error(
    small_site: Sandbox, tmp_path: Path
) -> None:
    connector = Connector(tmp_path, small_site.jsm_config()).hurried
    catalog = connector.catalog()
    names = ("forwarding_rules", "schedules", "schedule_timelines", "jec_channels")
    small_site.settings(fault={"name": "500", "on": [SITE["users"]]})
    outcome = connector.read([catalog[name] for name in names], "incremental", [])
    small_site.settings(fault={})
    assert outcome.code == 1
    ended = {name: outcome.statuses[name][-1] for name in names}
    assert ended == {**dict.fromkeys(names, "INCOMPLETE"), "jec_channels": "COMPLETE"}
    for name in ("forwarding_rules", "schedules"):  # the rows are there, with ids
        assert len(outcome.records[name]) == len(list(small_site.jsm_truth(name))) > 0
        assert [error for error in outcome.errors if error.startswith(f"{name}: ") and "the names of users" in error]
    assert outcome.records["schedule_timelines"] == []  # its periods come once, so they come with names


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
    assert Subject(sandbox, connector).is_complete(outcome, "alerts")


@pytest.mark.parametrize(
    ("name", "state"),
    [
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
    assert Subject(sandbox, connector).is_complete(outcome, name)


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
    assert Subject(sandbox, connector).is_complete(outcome, "alerts")
