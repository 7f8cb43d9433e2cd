"""Files come along if the catalog asks for them: whole, each once, and without the key or the address leaking."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from integration_tests.connector import Connector, Outcome
from integration_tests.sandbox.client import Sandbox
from integration_tests.sandbox.storage import ATTACHMENT, LOG_FILE, PREFIX

Row = dict[str, Any]

ATTACHMENTS, LOGS = "alert_attachments", "log_files"
STORED = {ATTACHMENTS: ATTACHMENT, LOGS: LOG_FILE}
KEYS = {ATTACHMENTS: ("alert_id", "id"), LOGS: ("filename",)}
CONTENTS = {ATTACHMENTS: "alert_attachment_contents", LOGS: "log_file_contents"}
SINGLE = {
    ATTACHMENTS: "/v2/alerts/{alertId}/attachments/{attachmentId}",
    LOGS: "/v2/logs/download/{filename}",
}
BOTH = pytest.mark.parametrize("name", [ATTACHMENTS, LOGS])
ALONE = {"num_workers": 1, "lookback_window": "PT0S"}  # files come one after another, and nothing comes twice


@dataclass(frozen=True)
class Reader:
    """Reads streams, with their files in a directory."""

    staging: Path

    def __call__(
        self,
        connector: Connector,
        *names: str,
        state: list[Row] | None = None,
        mode: str = "incremental",
        files: bool | None = True,
        flags: tuple[str, ...] = (),
    ) -> Outcome:
        """Run `read`, by default with `include_files`."""
        catalog = connector.catalog()
        line = connector.read_line([catalog[name] for name in names], mode, state or [])
        path = Path(line[line.index("--catalog") + 1])
        content = json.loads(path.read_text())
        for each in content["streams"]:
            if files is not None:
                each["include_files"] = files
        path.write_text(json.dumps(content))
        return connector.run(*line, *flags, environment={"AIRBYTE_STAGING_DIRECTORY": str(self.staging)})

    @property
    def on_disk(self) -> set[str]:
        """The files in the directory."""
        return {str(path.relative_to(self.staging)) for path in self.staging.rglob("*") if path.is_file()}


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    folder = tmp_path / "staging"
    folder.mkdir()
    return Reader(folder)


def messages(outcome: Outcome) -> Iterator[Row]:
    return (each["record"] for each in outcome.of_type("RECORD"))


def references(outcome: Outcome, name: str) -> dict[tuple[str, ...], Row]:
    """Return the reference of each row that has one, by the row's key."""
    found: dict[tuple[str, ...], Row] = {}
    for record in messages(outcome):
        if record["stream"] == name and record.get("file_reference"):
            found[key_of(record["data"], name)] = record["file_reference"]
    return found


def key_of(row: Row, name: str) -> tuple[str, ...]:
    return tuple(row[column] for column in KEYS[name])


def truth_of(account: Sandbox, name: str) -> dict[tuple[str, ...], Row]:
    return {key_of(row, name): row for row in account.truth(CONTENTS[name])}


def assert_whole(reference: Row, truth: Row, staging: Path) -> None:
    """Assert that a file is where its reference says, inside the staging directory, and what the account holds."""
    path = Path(reference["staging_file_url"])
    assert path == staging / reference["source_file_relative_path"]
    assert path.resolve().is_relative_to(staging.resolve())
    content = path.read_bytes()
    assert sha256(content).hexdigest() == truth["sha256"]
    assert len(content) == truth["size_bytes"] == reference["file_size_bytes"]


def downloads(account: Sandbox, name: str) -> int:
    return account.calls().get(STORED[name], 0)


def state_of(outcome: Outcome, name: str) -> Row:
    (state,) = [each for each in outcome.last_states if each["stream"]["stream_descriptor"]["name"] == name]
    found: Row = state["stream"]["stream_state"]
    return found


# All of them


@pytest.mark.parametrize("mode", ["incremental", "full_refresh"])
def test_every_file_comes_whole_with_its_row(
    mode: str, sandbox: Sandbox, connect: Callable[..., Connector], read: Reader
) -> None:
    outcome = read(connect(sandbox), ATTACHMENTS, LOGS, mode=mode)
    assert outcome.code == 0, outcome.errors
    assert outcome.warnings == []
    paths = set()
    for name in (ATTACHMENTS, LOGS):
        truth, found = truth_of(sandbox, name), references(outcome, name)
        assert truth.keys() == found.keys()
        assert len(outcome.records[name]) == len(truth) == downloads(sandbox, name)
        for key, reference in found.items():
            assert_whole(reference, truth[key], read.staging)
            paths.add(reference["source_file_relative_path"])
    told = sorted(line for line in outcome.logs if str(read.staging) in line)
    assert told == [f"{name}: files are written to {read.staging}." for name in (ATTACHMENTS, LOGS)]
    # The ids come before the name, which a user has given.
    attachments = (f"{row['alert_id']}/{row['id']}/{row['name']}" for row in outcome.records[ATTACHMENTS])
    logs = (row["filename"] for row in outcome.records[LOGS])
    assert paths == {*(f"{ATTACHMENTS}/{each}" for each in attachments), *(f"{LOGS}/{each}" for each in logs)}
    assert read.on_disk == paths
    assert len(paths) == sum(downloads(sandbox, name) for name in (ATTACHMENTS, LOGS))


@pytest.mark.parametrize("files", [None, False])
def test_without_include_files_everything_is_as_before(
    files: bool | None,
    sandbox: Sandbox,
    connect: Callable[..., Connector],
    read: Reader,
) -> None:
    outcome = read(connect(sandbox), ATTACHMENTS, LOGS, files=files)
    assert outcome.code == 0, outcome.errors
    for name in (ATTACHMENTS, LOGS):
        assert Counter(map(json.dumps, outcome.records[name])) == Counter(map(json.dumps, sandbox.truth(name)))
        assert references(outcome, name) == {}
        assert "files" not in state_of(outcome, name)
        assert sandbox.calls().get(SINGLE[name], 0) == downloads(sandbox, name) == 0
    assert read.on_disk == set()


def test_the_catalog_offers_files_where_there_are_some(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    catalog = connect(sandbox).catalog()
    assert {name for name, stream in catalog.items() if stream.get("is_file_based")} == {ATTACHMENTS, LOGS}


def test_the_files_of_a_site_come_as_well(site: Sandbox, tmp_path: Path, read: Reader) -> None:
    site.settings(jsm={"attachments": "answered"})
    outcome = read(Connector(tmp_path, site.jsm_config()), ATTACHMENTS, LOGS)
    assert outcome.code == 0, outcome.errors
    truth = {key_of(row, ATTACHMENTS): row for row in site.jsm_truth(CONTENTS[ATTACHMENTS])}
    found = references(outcome, ATTACHMENTS)
    assert found.keys() == truth.keys()
    for key, reference in found.items():
        assert_whole(reference, truth[key], read.staging)
    assert site.stats()["keys_seen_elsewhere"] == 0
    assert site.stats()["violations"] == []


# Nothing leaks


def test_the_storage_is_sent_no_key_and_the_address_is_written_nowhere(
    sandbox: Sandbox, connect: Callable[..., Connector], read: Reader
) -> None:
    sandbox.settings(fault={"name": "gone", "on": [ATTACHMENT], "after": 2, "times": 3})
    outcome = read(connect(sandbox, **ALONE), ATTACHMENTS, LOGS, flags=("--debug",))
    assert outcome.code == 0, outcome.errors
    assert sandbox.stats()["keys_seen_elsewhere"] == 0
    assert sandbox.stats()["violations"] == []
    assert sandbox.stats()["statuses"].get("400", 0) == 0  # what a storage answers to a key
    said = outcome.stdout + outcome.stderr
    asked = [urlsplit(each) for each in sandbox.requests(10_000) if each.startswith(PREFIX)]
    assert asked
    for each in asked:
        (signature,) = parse_qs(each.query)["X-Amz-Signature"]
        assert signature not in said
        assert each.path not in said


def test_a_password_file_of_the_machine_is_not_used(
    sandbox: Sandbox, connect: Callable[..., Connector], read: Reader, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password mine\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NETRC", str(tmp_path / ".netrc"))
        outcome = read(connect(sandbox), LOGS)
    assert references(outcome, LOGS).keys() == truth_of(sandbox, LOGS).keys()
    assert sandbox.stats()["keys_seen_elsewhere"] == 0


@pytest.mark.parametrize(
    "given",
    ["../../../etc/passwd", "..", "a\0b", "x" * 3_000 + ".png"],
)
def test_no_name_leads_out_of_the_directory_or_onto_another_file(
    given: str, sandbox: Sandbox, connect: Callable[..., Connector], read: Reader
) -> None:
    sandbox.settings(attachment_name=given)
    outcome = read(connect(sandbox), ATTACHMENTS)
    assert outcome.code == 0, outcome.errors
    truth, found = truth_of(sandbox, ATTACHMENTS), references(outcome, ATTACHMENTS)
    assert found.keys() == truth.keys()
    for key, reference in found.items():
        assert_whole(reference, truth[key], read.staging)
    assert read.on_disk == {each["source_file_relative_path"] for each in found.values()}
    assert len(read.on_disk) == len(truth)


# What goes wrong


@BOTH
@pytest.mark.parametrize("fault", ["expired", "reset"])
def test_a_file_that_fails_twice_is_asked_for_anew(
    fault: str,
    name: str,
    sandbox: Sandbox,
    connect: Callable[..., Connector],
    read: Reader,
) -> None:
    sandbox.settings(fault={"name": fault, "on": [STORED[name]], "times": 2})
    outcome = read(connect(sandbox, **ALONE).hurried, name)
    assert outcome.code == 0, outcome.errors
    assert outcome.warnings == []
    truth, found = truth_of(sandbox, name), references(outcome, name)
    assert found.keys() == truth.keys()
    for key, reference in found.items():
        assert_whole(reference, truth[key], read.staging)
    assert sandbox.calls()[SINGLE[name]] == downloads(sandbox, name) == len(truth) + 2  # each time by a fresh address


@BOTH
@pytest.mark.parametrize("fault", ["expired", "gone", "503", "reset"])
def test_a_file_that_fails_is_one_warning_and_comes_at_the_next_sync(
    fault: str,
    name: str,
    sandbox: Sandbox,
    connect: Callable[..., Connector],
    read: Reader,
) -> None:
    # The third file of either kind is not an empty one, which could not be cut short.
    sandbox.settings(fault={"name": fault, "on": [STORED[name]], "after": 2, "times": 3})
    connector = connect(sandbox, **ALONE).hurried
    first = read(connector, name)
    assert first.code == 0, first.errors
    (warning,) = first.warnings
    assert "the next sync asks for the files again" in warning
    truth, found = truth_of(sandbox, name), references(first, name)
    assert {key_of(row, name) for row in first.records[name]} == truth.keys()  # the row is there
    (missing,) = truth.keys() - found.keys()
    assert "/".join(missing) in warning
    assert len(read.on_disk) == len(found)  # and no piece of a file

    sandbox.reset_stats()
    second = read(connector, name, state=first.last_states)
    assert second.code == 0, second.errors
    assert second.warnings == []
    assert references(second, name).keys() == {missing}
    assert_whole(references(second, name)[missing], truth[missing], read.staging)
    assert downloads(sandbox, name) == 1
    assert "owed" not in state_of(second, name)
    # The row is the same as the one that came without its file.
    (row,) = [row for row in first.records[name] if key_of(row, name) == missing]
    assert row in second.records[name]


@BOTH
@pytest.mark.parametrize("fault", ["gone", "too large"])
def test_files_that_can_never_come_do_not_keep_back_the_others_or_the_state(
    fault: str, name: str, sandbox: Sandbox, connect: Callable[..., Connector], read: Reader
) -> None:
    sandbox.settings(fault={"name": fault, "on": [STORED[name]]})
    connector = connect(sandbox)
    first = read(connector, name)
    assert first.code == 0, first.errors
    assert len(first.records[name]) == len(truth_of(sandbox, name)) > 20
    assert references(first, name) == {}
    # Before the first state that passes some of them, each time that they have doubled, and at the end.
    assert 1 <= len(first.warnings) <= 1 + len(first.records[name]).bit_length()
    assert all("the next sync asks for the files again" in each for each in first.warnings)
    assert len(state_of(first, name)["owed"]) > 10
    second = read(connector, name, state=first.last_states)
    assert second.code == 0, second.errors
    # They were asked for once more. The newest alert is read at every sync, and so is its file.
    assert len(state_of(second, name).get("owed", ())) <= 1
    assert any("Only a refresh of the stream" in each for each in second.warnings)


@BOTH
def test_a_storage_that_is_out_of_reach_stops_the_stream_before_too_much_is_owed(
    name: str, sandbox: Sandbox, connect: Callable[..., Connector], read: Reader
) -> None:
    sandbox.settings(fault={"name": "503", "on": [STORED[name]]})
    connector = connect(sandbox).hurried
    first = read(connector, name)
    assert first.code == 1
    assert f"{name}: more than 20 files in a row could not be fetched" in first.errors[0]
    assert "HTTP 503" in first.errors[0]
    sandbox.settings(fault={})
    second = read(connector, name, state=first.last_states)
    assert second.code == 0, second.errors
    assert references(first, name).keys() | references(second, name).keys() == truth_of(sandbox, name).keys()


def test_a_refused_address_is_told_and_the_rows_are_there(
    sandbox: Sandbox, connect: Callable[..., Connector], read: Reader
) -> None:
    sandbox.settings(refusals={SINGLE[ATTACHMENTS]: [403, 1]})
    outcome = read(connect(sandbox), ATTACHMENTS)
    assert outcome.code == 0, outcome.errors
    assert len(outcome.records[ATTACHMENTS]) == len(truth_of(sandbox, ATTACHMENTS))
    assert downloads(sandbox, ATTACHMENTS) == 0
    assert all("could not be fetched, because" in each for each in outcome.warnings)


def test_an_address_that_is_dead_on_arrival_is_asked_for_three_times(
    sandbox: Sandbox, connect: Callable[..., Connector], read: Reader
) -> None:
    sandbox.settings(file_seconds=-1)
    outcome = read(connect(sandbox), LOGS)
    assert outcome.code == 0, outcome.errors
    assert sandbox.calls()[SINGLE[LOGS]] == 3 * len(truth_of(sandbox, LOGS))


def test_a_redirect_is_followed_without_a_key(
    sandbox: Sandbox, connect: Callable[..., Connector], read: Reader
) -> None:
    sandbox.settings(fault={"name": "redirected", "on": [LOG_FILE], "times": 1})
    outcome = read(connect(sandbox, **ALONE), LOGS)
    truth, found = truth_of(sandbox, LOGS), references(outcome, LOGS)
    assert found.keys() == truth.keys()
    for key, reference in found.items():
        assert_whole(reference, truth[key], read.staging)
    assert downloads(sandbox, LOGS) == sandbox.calls()[SINGLE[LOGS]] + 1
    assert sandbox.stats()["keys_seen_elsewhere"] == 0


def test_a_directory_that_cannot_be_written_is_an_error_that_names_it(
    sandbox: Sandbox, connect: Callable[..., Connector], read: Reader
) -> None:
    (read.staging / LOGS).write_text("in the way")
    outcome = read(connect(sandbox), LOGS)
    assert outcome.code == 1
    assert f"files cannot be written into {read.staging}" in outcome.errors[0]
    assert outcome.failure_types == {LOGS: "config_error"}


@pytest.mark.parametrize(
    ("given", "fault"), [("nope", "does not exist"), ("in-the-way", "is not a directory")], ids=["missing", "file"]
)
def test_a_staging_directory_that_is_none_fails_before_a_file_counts_as_delivered(
    given: str, fault: str, sandbox: Sandbox, connect: Callable[..., Connector], tmp_path: Path
) -> None:
    (tmp_path / "in-the-way").touch()
    connector = connect(sandbox)
    wrong = Reader(tmp_path / given)(connector, ATTACHMENTS, LOGS)
    assert wrong.code == 1
    assert wrong.failure_types == {ATTACHMENTS: "config_error", LOGS: "config_error"}
    sentence = f"files cannot be written: AIRBYTE_STAGING_DIRECTORY names {tmp_path / given}, which {fault}."
    sentence += " Create the directory, or correct the variable."
    assert [error.partition(": ")[2] for error in wrong.errors[:2]] == [sentence, sentence]
    assert wrong.records == {}
    right = Reader(tmp_path)(connector, ATTACHMENTS, LOGS, state=wrong.last_states)
    assert right.code == 0, right.errors
    for name in (ATTACHMENTS, LOGS):
        assert references(right, name).keys() == truth_of(sandbox, name).keys()


# Later syncs


def test_a_file_that_was_delivered_is_not_downloaded_again(
    own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector], read: Reader
) -> None:
    account = own_sandbox()
    connector = connect(account, lookback_window="P365D")  # every alert comes again
    first = read(connector, ATTACHMENTS, LOGS)
    account.reset_stats()
    again = read(connector, ATTACHMENTS, LOGS, state=first.last_states)
    assert again.code == 0, again.errors
    assert len(again.records[ATTACHMENTS]) == len(truth_of(account, ATTACHMENTS))
    for name in (ATTACHMENTS, LOGS):
        assert account.calls().get(SINGLE[name], 0) == downloads(account, name) == 0
        assert references(again, name) == {}
    full = read(connector, ATTACHMENTS, LOGS, state=again.last_states, mode="full_refresh")
    for name in (ATTACHMENTS, LOGS):
        assert references(full, name).keys() == truth_of(account, name).keys()


@BOTH
def test_files_that_are_included_later_are_told_to_need_a_refresh(
    name: str, sandbox: Sandbox, connect: Callable[..., Connector], read: Reader
) -> None:
    connector = connect(sandbox)
    without = read(connector, name, files=None)
    later = read(connector, name, state=without.last_states)
    (warning,) = later.warnings
    assert "To fetch all files, refresh the stream" in warning
    assert read(connector, name, state=later.last_states).warnings == []
