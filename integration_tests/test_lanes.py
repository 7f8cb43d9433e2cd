"""Lanes side by side, and how a sync ends when it is told to, or when nobody reads it any more."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from integration_tests.connector import Connector, Outcome
from integration_tests.fork_server import Process
from integration_tests.forks import CONNECTOR, fork_server
from integration_tests.sandbox.client import Sandbox

HANGS = 60  # seconds after which a process that should end at once is taken to hang
LOOK = 0.3  # seconds between two looks into a pipe
NEARLY_FULL = 32 * 1024  # bytes; a pipe of Linux takes 64 KB, less where writes leave parts of its pages empty
SLOW = {"latency_ms": 400}

# A stand-in for a large package: its import never ends.
WAITS_WHEN_IMPORTED = """
import time
print("importing", flush=True)
while True:
    time.sleep(1)
"""


Running = subprocess.Popen[str] | Process


def start(connector: Connector, *names: str) -> Process:
    """Start a sync as a fork, whose errors come among its messages, where `Outcome` takes nothing else."""
    return fork_server(CONNECTOR).start(CONNECTOR, arguments(connector, *names), os.environ)


def start_alone(connector: Connector, *names: str, **environment: str) -> subprocess.Popen[str]:
    """Start a sync as users do, for what the interpreter reads or inherits when it starts."""
    return launch(arguments(connector, *names), signal.SIG_DFL, **environment)


def arguments(connector: Connector, *names: str) -> list[str]:
    catalog = connector.catalog()
    return connector.read_line([catalog[name] for name in names], "incremental", [])


def launch(line: list[str], on_hangup: signal.Handlers, **environment: str) -> subprocess.Popen[str]:
    """Start the process, with what a hangup does to it: the tests themselves may run under `nohup`."""
    command = [sys.executable, "-m", "source_opsgenie", *line]
    before = signal.signal(signal.SIGHUP, on_hangup)
    try:
        return subprocess.Popen(  # noqa: S603 - our own program
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment}
        )
    finally:
        signal.signal(signal.SIGHUP, before)


def lines_until(process: Running, word: str) -> list[str]:
    lines = []
    for line in process.stdout or ():
        lines.append(line)
        if word in line:
            return lines
    raise AssertionError(f"no line with {word}")


def wait_until_full(process: Running) -> None:
    """Read nothing until nothing more comes: the process waits, in the middle of a write, for room in the pipe."""
    assert process.stdout is not None
    before = 0
    for _ in range(int(HANGS / LOOK)):
        time.sleep(LOOK)  # no event tells that a pipe is full
        (waiting,) = struct.unpack("i", fcntl.ioctl(process.stdout.fileno(), termios.FIONREAD, bytes(4)))
        if waiting == before >= NEARLY_FULL:
            return
        before = waiting
    raise AssertionError(f"the pipe holds {before} bytes only")


def remainder(process: Running) -> tuple[str, str]:
    """Read what is left, by the same buffers, until the process ends."""
    watch = threading.Timer(HANGS, process.kill)
    watch.start()
    assert process.stdout is not None
    said = process.stdout.read(), process.stderr.read() if process.stderr else ""
    process.wait()
    watch.cancel()
    return said


def test_domains_are_read_side_by_side(own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]) -> None:
    account = own_sandbox(settings={"latency_ms": 30})
    connector = connect(account)
    catalog = connector.catalog()
    names = ("alerts", "alert_notes", "incident_logs", "team_roles", "users", "heartbeats", "on_calls")
    outcome = connector.read([catalog[name] for name in names])
    assert outcome.code == 0, outcome.errors
    order = [name for name, statuses in outcome.statuses.items() for _ in statuses]
    assert set(order) == set(names)
    busy = account.stats()["max_concurrency_by_domain"]
    assert account.stats()["max_concurrency"] > max(busy.values())
    assert busy["alert"] > 1


def test_states_never_overtake_their_records(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    connector = connect(sandbox)
    catalog = connector.catalog()
    outcome = connector.read([catalog["alerts"], catalog["alert_logs"], catalog["incidents"]], "incremental", [])
    since: dict[str, int] = {}
    for message in outcome.messages:
        if message["type"] == "RECORD":
            since[message["record"]["stream"]] = since.get(message["record"]["stream"], 0) + 1
        if message["type"] == "STATE":
            name = message["state"]["stream"]["stream_descriptor"]["name"]
            # The CDK counts the records since the last state of the stream as they leave the process.
            assert message["state"]["sourceStats"]["recordCount"] == since.pop(name, 0)
    assert since == {}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_a_sync_and_its_state_is_good(
    number: signal.Signals, own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]
) -> None:
    account = own_sandbox(alerts=400, settings={"latency_ms": 20})
    connector = connect(account)
    begin = start_alone if number == signal.SIGHUP else start  # the servers of forks may ignore it
    process = begin(connector, "alert_notes", "incident_logs", "alerts")
    with process:
        lines = lines_until(process, '"type":"STATE"')
        account.settings(**SLOW)
        process.send_signal(number)
        rest, errors = remainder(process)
    assert process.returncode == -number  # ended by the signal itself
    assert errors == ""
    first = Outcome(process.returncode, "".join(lines) + rest, errors)
    account.settings(latency_ms=0)
    later = connector.read([connector.catalog()["alert_notes"]], "incremental", first.last_states)
    got = {(row["alert_id"], row["offset"]) for row in first.records["alert_notes"] + later.records["alert_notes"]}
    assert got == {(row["alert_id"], row["offset"]) for row in account.truth("alert_notes")}


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_signal_tears_no_line_that_is_being_written(
    unbuffered: str, own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]
) -> None:
    connector = connect(own_sandbox(alerts=3_000))
    names = ("alerts", "alert_logs")
    process = start_alone(connector, *names, PYTHONUNBUFFERED=unbuffered) if unbuffered else start(connector, *names)
    with process:
        lines = lines_until(process, '"type":"RECORD"')
        wait_until_full(process)
        process.send_signal(signal.SIGTERM)
        rest, errors = remainder(process)
    assert process.returncode == -signal.SIGTERM
    assert Outcome(process.returncode, "".join(lines) + rest, errors).records["alerts"]


def test_a_signal_ends_a_sync_whose_messages_nobody_takes(
    own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]
) -> None:
    process = start(connect(own_sandbox(alerts=3_000)), "alerts", "alert_logs")
    with process:
        lines_until(process, '"type":"RECORD"')
        wait_until_full(process)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGTERM)
        process.wait(HANGS)
        assert process.returncode == -signal.SIGTERM


def test_a_signal_before_the_first_call_is_not_forgotten(
    sandbox: Sandbox, connect: Callable[..., Connector], tmp_path: Path
) -> None:
    connector = connect(sandbox)
    line = connector.read_line([connector.catalog()["teams"]], "full_refresh", None)
    # Whoever reads the configuration from a pipe waits for it: the signal comes in the meantime.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    process = launch([str(pipe) if each.endswith("config.json") else each for each in line], signal.SIG_DFL)
    with process, pipe.open("w") as config:
        process.send_signal(signal.SIGTERM)
        config.write(json.dumps(connector.config))
        config.close()
        said, errors = remainder(process)
    assert process.returncode == -signal.SIGTERM
    assert errors == ""
    assert '"RECORD"' not in said
    assert sandbox.stats()["calls"] == {}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_while_python_imports_the_rest_ends_the_process(number: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "airbyte_cdk.py").write_text(WAITS_WHEN_IMPORTED)
    process = launch(["spec"], signal.SIG_DFL, PYTHONPATH=f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    with process:
        lines_until(process, "importing")
        process.send_signal(number)
        _, errors = remainder(process)
    assert process.returncode == -number
    assert errors == ""


def test_a_hangup_that_is_to_be_ignored_is_ignored(
    own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]
) -> None:
    account = own_sandbox(settings={"latency_ms": 30})
    connector = connect(account)
    line = connector.read_line([connector.catalog()["alert_notes"]], "full_refresh", None)
    process = launch(line, signal.SIG_IGN)
    with process:
        lines_until(process, '"type":"RECORD"')
        process.send_signal(signal.SIGHUP)
        remainder(process)
    assert process.returncode == 0


def test_a_signal_ends_a_sync_that_waits_for_its_limit(
    own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]
) -> None:
    account = own_sandbox(settings={"limits": {"configuration": [[4, 60]]}})
    process = start(connect(account), "teams", "team_roles", "team_members")
    with process:
        lines_until(process, '"type":"RECORD"')
        process.send_signal(signal.SIGTERM)
        remainder(process)
    assert process.returncode == -signal.SIGTERM


def test_a_reader_that_goes_away_ends_the_sync(
    own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]
) -> None:
    account = own_sandbox(alerts=3_000)
    process = start_alone(connect(account), "alerts", "alert_logs", "incidents")
    lines_until(process, '"type":"RECORD"')
    assert process.stdout is not None
    process.stdout.close()
    process.wait(timeout=HANGS)
    assert process.returncode == 1
    assert process.stderr is not None
    with process.stderr:
        assert "cannot be written" in process.stderr.read()


def test_a_disk_that_is_full_ends_the_sync(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    connector = connect(sandbox)
    line = connector.read_line([connector.catalog()["alerts"]], "full_refresh", None)
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123 - a device
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "source_opsgenie", *line],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=HANGS,
            check=False,
        )
    assert done.returncode == 1
    assert "No space left" in done.stderr


def test_a_catalog_with_a_stream_twice_or_unknown_is_told(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    connector = connect(sandbox)
    teams = connector.catalog()["teams"]
    twice = connector.read([teams, teams])
    assert twice.code == 1
    assert "teams" in twice.errors[0]
    unknown = connector.read([teams, {**teams, "name": "fleas"}])
    assert unknown.code == 1
    assert unknown.statuses["fleas"][-1] == "INCOMPLETE"
    assert len(unknown.records["teams"]) == len(list(sandbox.truth("teams")))
    assert all("fleas: there is no such stream." in error for error in unknown.errors)


def test_another_client_of_the_account_is_made_room_for(
    own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]
) -> None:
    limit = 60
    limits = {"alert": [[limit, 3]]}
    account = own_sandbox(alerts=250, settings={"limits": limits, "other_client": {"alert": 0.5}, "latency_ms": 30})
    connector = connect(account, rate_limit_share=100)
    catalog = connector.catalog()
    account.reset_stats()
    outcome = connector.read([catalog["alert_notes"]])
    assert outcome.code == 0, outcome.errors
    stats = account.stats()
    rejected = len(stats["throttled_at"].get("alert", []))
    assert rejected, "the other client left room enough: the test would prove nothing"
    # So many periods have passed at least. How far apart the 429s are depends on the machine: calls that were under way
    # together are rejected together.
    periods = (stats["domains"]["alert"] - rejected + stats["other_calls"]["alert"]) // limit
    assert rejected <= periods
    assert stats["other_calls"]["alert"] > 0
