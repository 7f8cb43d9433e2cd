"""A server repeats what it was sent, and says too much of its own: none of that is in what the connector writes."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from integration_tests.archive import ran
from integration_tests.connector import TIMEOUT, Connector, Outcome
from integration_tests.forks import ARCHIVE, fork_server
from integration_tests.hostile import COOKIE, Answer, Hostile
from source_opsgenie.http.backend import LONGEST_MESSAGE

Start = Callable[[Callable[..., Answer]], Hostile]

KEY = "7d1c3a9e-0b52-4f6e-9a1d-2c8e4b7f6a10"
ATLASSIAN_KEY = "ATATT3xFfGF0mV-Zq_8kLw2Yd9sRbT4nXcUeJhPo1iGa7KtQz5MvBf3NyWr6Dl0CxSuHg8EjAp=2F9C41D7"
HARMLESS = "7d1c3a9e-1111-4f6e-9a1d-2c8e4b7f6a11"  # begins and ends nearly as the key does
PIECE = 12  # characters: a shorter piece of a key is no piece


def forms(key: str) -> list[str]:
    """Write a key in the ways in which servers and proxies repeat it."""
    basic = [f":{key}", f"{key}:", f"me@example.com:{key}", key, f"GenieKey {key}"]
    encoded = [
        encode(each.encode()).decode() for each in basic for encode in (base64.b64encode, base64.urlsafe_b64encode)
    ]
    quoted = [
        quote(key, safe=""),
        quote(key, safe="").lower() if "%" in quote(key, safe="") else key,
        quote(quote(key)),
    ]
    return [key, *encoded, *quoted, json.dumps({"token": key}), json.dumps(json.dumps({"token": key}))]


def assert_without(key: str, outcome: Outcome) -> None:
    """Find no form of a key, whole or cut short, in all that was written."""
    said = outcome.stdout + outcome.stderr
    for form in (key, quote(key, safe="")):
        assert form[:PIECE] not in said
    for before in range(3):
        begin, end = (0, 2, 3)[before], 8 * (before + len(key)) // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            assert encode(bytes(before) + key.encode()).decode()[begin:end] not in said


def refuse_all_but_limits(status: int, message: object, **further: object) -> Callable[..., Answer]:
    def answer(path: str, _: object) -> Answer:
        return (404, {}) if "request-limits" in path else (status, {"message": message, **further})

    return answer


# The key


@pytest.mark.parametrize("pasted", ["{}", "  {}\n"], ids=["as it is", "with blanks"])
@pytest.mark.parametrize("key", [KEY, ATLASSIAN_KEY], ids=["opsgenie", "atlassian"])
def test_a_check_does_not_repeat_the_key(key: str, pasted: str, hostile: Start, tmp_path: Path) -> None:
    server = hostile(refuse_all_but_limits(422, " | ".join(forms(key))[:LONGEST_MESSAGE]))
    config = {"api_token": pasted.format(key), "endpoint": server.url}
    outcome = Connector(tmp_path, config).check()
    status, message = outcome.connection
    assert status == "FAILED"
    assert "****" in str(message)
    assert_without(key, outcome)


@pytest.mark.parametrize(
    ("key", "pasted", "flags"),
    [(KEY, "{}", []), (KEY, "  {}\n", ["--debug"]), (ATLASSIAN_KEY, "{}", ["--debug"]), (ATLASSIAN_KEY, "\t{} ", [])],
    ids=["opsgenie", "opsgenie, debug", "atlassian, debug", "atlassian"],
)
def test_no_form_of_the_key_comes_out_of_rows_states_and_errors(
    key: str, pasted: str, *, flags: list[str], hostile: Start, catalog: dict[str, Any], tmp_path: Path
) -> None:
    row = {f"form {number}": form for number, form in enumerate(forms(key))}

    def answer(path: str, query: dict[str, list[str]]) -> Answer:
        if path == "/v2/teams":
            return 200, {"data": [{"id": key, "name": HARMLESS, **row, key: 1}]}
        if path == "/v2/alerts":
            first = query.get("offset", ["0"]) == ["0"] and "desc" not in query.get("order", [])
            alert = {"id": key, "createdAt": "2024-01-01T00:00:00Z", "updatedAt": "2024-01-01T00:00:00Z", **row}
            return 200, {"data": [alert] if first else []}
        return refuse_all_but_limits(422, " ".join(forms(key)))(path, query)

    server = hostile(answer)
    connector = Connector(tmp_path, {"api_token": pasted.format(key), "endpoint": server.url})
    streams = [catalog[name] for name in ("teams", "alerts", "users")]
    outcome = connector.read(streams, "incremental", [], *flags)
    assert outcome.code == 1
    (team,) = outcome.records["teams"]
    assert team["id"] == team["form 0"] == "****"
    assert team["name"] == HARMLESS
    assert outcome.states
    assert any("****" in error for error in outcome.errors)
    assert_without(key, outcome)


@pytest.mark.parametrize("place", [LONGEST_MESSAGE - before for before in (30, 18, 9, 1)])
def test_a_key_that_shortening_would_cut_is_masked_before(place: int, hostile: Start, tmp_path: Path) -> None:
    server = hostile(refuse_all_but_limits(422, "x" * place + KEY + " is not known"))
    outcome = Connector(tmp_path, {"api_token": KEY, "endpoint": server.url}).check()
    said = outcome.stdout + outcome.stderr
    assert outcome.connection[0] == "FAILED"
    assert KEY[:2] not in str(outcome.connection[1])
    assert KEY[:8] not in said


@pytest.mark.parametrize("piece", ["{0}...", "...{1}", "{0}\n{1}", "{0} and {1}"])
def test_a_key_that_the_server_has_cut_is_masked(piece: str, hostile: Start, tmp_path: Path) -> None:
    halves = KEY[:20], KEY[20:]
    server = hostile(refuse_all_but_limits(422, f"Key {piece.format(*halves)} is not known"))
    outcome = Connector(tmp_path, {"api_token": KEY, "endpoint": server.url}).check()
    shown = piece.replace("\n", "\\n").format("****", "****")
    assert f"Key {shown} is not known" in str(outcome.connection[1])


def test_the_archive_does_not_write_the_key_that_an_answer_to_its_own_call_repeats(
    hostile: Start, tmp_path: Path
) -> None:
    def answer(path: str, query: dict[str, list[str]]) -> Answer:
        if path == "/v2/account":
            return 200, {"data": {"name": "acme"}}
        if path == "/v2/users" and query["limit"] != ["1"]:  # the archive asks for one, to learn how many there are
            return 200, {"data": [{"id": "u1"}]}
        return refuse_all_but_limits(422, f"Key {KEY} is not known")(path, query)

    config, output = tmp_path / "config.json", tmp_path / "archive"
    config.write_text(json.dumps({"api_token": KEY, "endpoint": hostile(answer).url}))
    printed = ran("archive", "--config", str(config), "--output", str(output), "--streams", "users", code=1)
    assert "The API's count is unknown: users: Opsgenie refused the call /v2/users (HTTP 422): \"Key ****" in printed
    assert KEY[:PIECE] not in printed
    assert not [path for path in output.rglob("*") if path.is_file() and KEY[:PIECE].encode() in path.read_bytes()]


@pytest.mark.parametrize("option", ["--config", "--catalog", "--state"])
def test_a_configuration_in_the_place_of_a_path_is_not_repeated(
    option: str, catalog: dict[str, Any], tmp_path: Path
) -> None:
    config = {"api_token": KEY, "endpoint": "http://127.0.0.1:9"}
    connector = Connector(tmp_path, config)
    teams = {"stream": catalog["teams"], "sync_mode": "full_refresh", "destination_sync_mode": "append"}
    files = {
        "--config": connector.write("config.json", config),
        "--catalog": connector.write("catalog.json", {"streams": [teams]}),
        "--state": connector.write("state.json", []),
    }
    files[option] = json.dumps(config)
    outcome = connector.run("read", *(part for argument in files.items() for part in argument))
    assert outcome.code == 1
    assert any("path of a file" in error for error in outcome.errors), outcome.errors
    assert KEY not in outcome.stdout + outcome.stderr


def test_the_key_does_not_come_out_on_stderr(tmp_path: Path) -> None:
    """Nor what the interpreter prints there: of an error that nobody expected, in any thread."""
    program = (
        "import sys, threading\n"
        "from source_opsgenie import run\n"
        "from source_opsgenie.http.redact import SECRETS\n"
        "run._open_output()\n"
        f"SECRETS.keep(['{KEY}', '{ATLASSIAN_KEY}'])\n"
        f"thread = threading.Thread(target=lambda: print(1 / 0, '{KEY}'))\n"
        "thread.start(); thread.join()\n"
        f"print('{ATLASSIAN_KEY} {HARMLESS}', file=sys.stderr)\n"
        f"raise ValueError('{KEY}')\n"
    )
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=TIMEOUT, check=False, cwd=tmp_path
    )
    assert "ZeroDivisionError" in done.stderr
    assert f"**** {HARMLESS}" in done.stderr
    assert "ValueError: ****" in done.stderr
    for key in (KEY, ATLASSIAN_KEY):
        assert_without(key, Outcome(done.returncode, done.stdout, done.stderr))


# What a server says


@pytest.mark.parametrize("flags", [[], ["--debug"]], ids=["info", "debug"])
@pytest.mark.parametrize("status", [403, 422, 500])
def test_of_an_error_answer_some_hundred_characters_are_repeated_and_no_header(
    status: int, flags: list[str], hostile: Start, catalog: dict[str, Any], tmp_path: Path
) -> None:
    long = {"message": "No. " * 500_000, "errors": {"x": "y " * 500_000}, "requestId": "r" * 500_000}
    server = hostile(refuse_all_but_limits(status, **long))
    connector = Connector(tmp_path, {"api_token": KEY, "endpoint": server.url})
    checked = connector.check(*flags)
    read = connector.hurried.read([catalog[name] for name in ("teams", "users")], "incremental", [], *flags)
    assert checked.connection[0] == "FAILED"
    assert read.errors
    for outcome in (checked, read):
        assert len(outcome.stdout) < 100_000
        assert all(len(error) < 3_000 for error in outcome.errors)
        assert all(len(line) < 5_000 for line in outcome.logs)
        assert COOKIE not in outcome.stdout + outcome.stderr
        assert "Set-Cookie" not in outcome.stdout + outcome.stderr
        assert_without(KEY, outcome)


@pytest.mark.parametrize("flags", [[], ["--debug"]], ids=["info", "debug"])
@pytest.mark.parametrize("status", [400, 422])
def test_no_header_of_a_failed_answer_is_repeated(
    status: int, flags: list[str], hostile: Start, catalog: dict[str, Any], tmp_path: Path
) -> None:
    server = hostile(refuse_all_but_limits(status, "No."))
    outcome = Connector(tmp_path, {"api_token": KEY, "endpoint": server.url}).read(
        [catalog["users"]], "full_refresh", None, *flags
    )
    assert any("No." in error for error in outcome.errors)
    for header in (COOKIE, "Set-Cookie", "X-Echo", "GenieKey"):
        assert header not in outcome.stdout + outcome.stderr


def test_control_characters_of_a_server_are_made_visible(hostile: Start, tmp_path: Path) -> None:
    server = hostile(refuse_all_but_limits(422, "a\x1b[2Jb\r\nc\u202ed\u00e9", requestId="r\x07"))
    _, message = Connector(tmp_path, {"api_token": KEY, "endpoint": server.url}).check().connection
    assert r"a\x1b[2Jb\r\nc\u202ed" in str(message)
    assert "d\u00e9" in str(message)
    assert r"(request r\x07)" in str(message)


# What rows hold of other systems


def test_secrets_of_other_systems_are_masked_under_harmless_names(
    hostile: Start, catalog: dict[str, Any], tmp_path: Path
) -> None:
    details = {
        "id": "i1",
        "endpoint": "https://events.pagerduty.com/integration/0123456789abcdef/enqueue",
        "address": "https://api.telegram.org/bot1:AAA/sendMessage",
        "extraProperties": {
            "bot": "xoxb-1-a",
            "collector": "https://collectors.sumologic.com/receiver/v1/http/AAA",
            "runbook": "https://wiki.example.com/runbooks/7",
        },
        "payload": '{"apiKey": "s3cr3t", "region": "eu"}',
    }
    action = {"name": "c", "order": 0, "note": "https://alert.victorops.com/integrations/generic/1/alert/0123/route"}
    answers: dict[str, object] = {
        "/v2/integrations": [{"id": "i1", "name": "n", "enabled": True, "type": "X"}],
        "/v2/integrations/i1": details,
        "/v2/integrations/i1/actions": {"create": [action]},
    }
    server = hostile(lambda path, _: (200, {"data": answers[path]}) if path in answers else (404, {}))
    connector = Connector(tmp_path, {"api_token": KEY, "endpoint": server.url})
    outcome = connector.read([catalog[name] for name in ("integrations", "integration_actions")])
    (integration,) = outcome.records["integrations"]
    assert integration["endpoint"] == integration["address"] == "***"
    assert integration["extraProperties"] == {
        "bot": "***",
        "collector": "***",
        "runbook": "https://wiki.example.com/runbooks/7",
    }
    assert json.loads(integration["payload"]) == {"apiKey": "***", "region": "eu"}
    assert [row["note"] for row in outcome.records["integration_actions"]] == ["***"]


# What goes back to a server


def test_a_link_brings_no_credential_along(hostile: Start, catalog: dict[str, Any], tmp_path: Path) -> None:
    def answer(path: str, query: dict[str, list[str]]) -> Answer:
        if path != "/v2/teams":
            return 404, {}
        if "page" in query:
            return 200, {"data": [{"id": "2", "name": "b"}]}
        link = f"{server.url}/v2/teams?page=2&apiKey={KEY}&access_token=a&Api-Key=b&password=c&pageToken=d&sortKey=e"
        return 200, {"data": [{"id": "1", "name": "a"}], "paging": {"next": link}}

    server = hostile(answer)
    connector = Connector(tmp_path, {"api_token": KEY, "endpoint": server.url})
    outcome = connector.read([catalog["teams"]])
    assert [row["id"] for row in outcome.records["teams"]] == ["1", "2"], outcome.errors
    (second,) = [query for query in server.asked("/v2/teams") if "page" in query]
    assert second.keys() >= {"page", "pageToken", "sortKey"}
    assert not second.keys() & {"apiKey", "access_token", "Api-Key", "password"}


def test_no_cookie_is_kept(hostile: Start, catalog: dict[str, Any], tmp_path: Path) -> None:
    """The server sets one with each answer."""

    def answer(path: str, query: dict[str, list[str]]) -> Answer:
        link = {"next": f"{server.url}/v2/teams?page=2"} if "page" not in query else {}
        return (200, {"data": [{"id": str(len(query))}], "paging": link}) if path == "/v2/teams" else (404, {})

    server = hostile(answer)
    connector = Connector(tmp_path, {"api_token": KEY, "endpoint": server.url})
    assert len(connector.read([catalog["teams"]]).records["teams"]) == 2
    connector.check()
    assert len(server.calls) > 3
    assert {cookie for _, _, cookie in server.calls} == {None}


# What stays on the disk


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP, signal.SIGTERM])
def test_no_end_leaves_the_key_in_the_temporary_folder(
    number: signal.Signals, hostile: Start, catalog: dict[str, Any], tmp_path: Path
) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def answer(*_: object) -> Answer:
        asked.set()
        go_on.wait(TIMEOUT)
        return 404, {}

    server = hostile(answer)
    connector = Connector(tmp_path, {"api_token": KEY, "endpoint": server.url})
    line = connector.read_line([catalog["teams"]], "full_refresh", None)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "source_opsgenie", *line],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TMPDIR": str(temporary)},
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # noqa: PLW1509 - the tests may run under nohup
    )
    with process:
        assert asked.wait(TIMEOUT)
        assert files_with_key(temporary) == []
        process.send_signal(number)
        process.wait(TIMEOUT)
        go_on.set()
    assert process.returncode == -number
    assert files_with_key(temporary) == []


@pytest.mark.parametrize("number", [None, signal.SIGTERM, signal.SIGHUP])  # Ctrl-C is in test_load.py
def test_the_example_for_pyairbyte_shows_the_key_to_nobody(
    number: signal.Signals | None, hostile: Start, tmp_path: Path
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    open_to_others: list[Path] = []
    found, go_on = threading.Event(), threading.Event()

    def answer(path: str, _: object) -> Answer:
        for file in files_with_key(temporary):
            found.set()
            if not any(folder.stat().st_mode & 0o077 == 0 for folder in file.parents if temporary in folder.parents):
                open_to_others.append(file)
        if number is not None:
            go_on.wait(TIMEOUT)
        return (200, {"data": []}) if path in {"/v2/account", "/v2/teams"} else (404, {})

    server = hostile(answer)
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"api_token": KEY, "endpoint": server.url}))
    arguments = [str(config), str(tmp_path / "copy.duckdb"), "teams"]
    variables = {**os.environ, "TMPDIR": str(temporary)}
    with fork_server(ARCHIVE).start("integration_tests.load_program", arguments, variables) as process:
        assert found.wait(TIMEOUT)
        if number is not None:
            process.send_signal(number)
        process.wait(TIMEOUT)
        go_on.set()
        output, _ = process.communicate()
    assert process.returncode == (0 if number is None else 128 + number), output
    assert open_to_others == []
    assert files_with_key(temporary) == []


def files_with_key(folder: Path) -> list[Path]:
    """Name the files below a folder that hold the key; some go as they are looked at."""
    found = []
    for path in folder.rglob("*"):
        with suppress(OSError):
            if path.is_file() and KEY in path.read_text(errors="replace"):
                found.append(path)
    return found
