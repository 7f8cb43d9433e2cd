"""No stream emits a secret of another system: what looks like one, by its name or its text, comes out as `***`."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from source_opsgenie.config import Config
from source_opsgenie.jsm.catalog import create_streams
from source_opsgenie.jsm.context import context_of
from source_opsgenie.records.masking import is_secret_name, masked
from source_opsgenie.streams.base import ApiStream
from unit_tests.random_site import CONFIG
from unit_tests.test_coverage import Copied
from unit_tests.test_docs import STREAMS
from unit_tests.test_jsm_rows import RECEIVED, translated

Row = dict[str, Any]

SECRET = "s3cr3t-9f2b"  # noqa: S105 - invented
OF_OPSGENIE = {stream.name: stream for stream in STREAMS}
OF_JSM = {stream.name: stream for stream in create_streams(context_of(Config.parse(CONFIG), threading.Event()))}
EVERY_STREAM = [
    pytest.param(stream, id=f"{api}-{name}")
    for api, streams in (("Opsgenie", OF_OPSGENIE), ("JSM", OF_JSM))
    for name, stream in streams.items()
]

# Streams of JSM whose rows are made of the rows of another one.
MADE_OF = {"user_teams": "team_members", "alert_details": "alerts", "service_audience_templates": "services"}

# Addresses that are named like those of web hooks, and that hold no key.
PICTURES = "avatarUrls"

# Whatever their samples hold: users write the settings of other systems into these.
WITH_SETTINGS = [
    *(OF_OPSGENIE[name] for name in ("integrations", "integration_actions", "action_channels")),
    *(OF_JSM[name] for name in ("integrations", "integration_actions", "syncs", "sync_actions", "sync_action_groups")),
    *(OF_JSM[name] for name in ("jec_channels", "audit_logs")),
]


@pytest.fixture(scope="module")
def copied() -> Copied:
    return Copied()


def assert_no_secret(row: Row) -> None:
    shown = {name: value for name, value in row.items() if name != PICTURES}
    assert masked(shown) == shown


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_OPSGENIE)
def test_no_secret_of_opsgenies_answers_comes_out(name: str, copied: Copied) -> None:
    assert copied.records[name]
    for record in copied.records[name]:
        assert_no_secret(record)


@pytest.mark.parametrize("name", OF_JSM)
def test_no_secret_of_jsms_samples_comes_out(name: str) -> None:
    table = MADE_OF.get(name, name)
    assert RECEIVED[table]
    for row in RECEIVED[table]:
        assert_no_secret(OF_JSM[name].cleaned(dict(translated(table, row))))


@pytest.mark.parametrize("stream", EVERY_STREAM)
def test_a_stream_with_a_column_for_a_secret_masks_it(stream: ApiStream) -> None:
    secrets = {name for name in fields(stream.get_json_schema()) if is_secret_name(name)} - {PICTURES}
    assert SECRET not in json.dumps(stream.cleaned(dict.fromkeys(secrets, SECRET)))


def fields(schema: Any) -> Iterator[str]:
    """Yield the names of all fields, at any depth."""
    for name, inner in schema.get("properties", {}).items():
        yield name
        yield from fields(inner)
    if "items" in schema:
        yield from fields(schema["items"])


@pytest.mark.parametrize("stream", WITH_SETTINGS, ids=lambda stream: f"{stream.client.backend.name}-{stream.name}")
def test_a_secret_in_any_place_of_a_row_of_settings_is_masked(stream: ApiStream) -> None:
    row = stream.cleaned({"id": "1", "apiToken": SECRET, "details": [{"password": SECRET, "level": "info"}]})
    assert SECRET not in json.dumps(row)
    assert row["id"] == "1"
    assert row["details"] != "***"
