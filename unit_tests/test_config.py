from __future__ import annotations

from datetime import timedelta
from typing import Any

import jsonschema
import pytest

from source_opsgenie.config import Config
from source_opsgenie.http.errors import ApiError

KEY = "7d1c3a9e-0b52-4f6e-9a1d-2c8e4b7f6a10"


def test_a_key_is_enough() -> None:
    config = Config.parse({"api_token": KEY})
    assert config.address.url == "https://api.opsgenie.com/"
    assert config.start is None
    assert config.lookback == timedelta(minutes=5)
    assert (config.rate_limit_share, config.num_workers) == (80, 10)


def test_blanks_around_what_is_pasted_are_trimmed_and_empty_options_absent() -> None:
    config = Config.parse({"api_token": f" {KEY}\n", "endpoint": " api.eu.opsgenie.com ", "start_date": " "})
    assert config.api_token == KEY
    assert config.endpoint == "api.eu.opsgenie.com"
    assert config.start_date is None


@pytest.mark.parametrize("text", ["2022-07-01T00:00:00Z", "2022-07-01", "2022-07-01T00:00:00.000Z"])
def test_start_dates(text: str) -> None:
    start = Config.parse({"api_token": KEY, "start_date": text}).start
    assert start is not None
    assert start.isoformat() == "2022-07-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("api_token", None),
        ("api_token", ""),
        ("api_token", 7),
        ("api_token", "two words"),
        ("api_token", "line\nbreak"),
        ("api_token", "schlüssel"),
        ("endpoint", 7),
        ("endpoint", "http://api.opsgenie.com"),
        ("start_date", "yesterday"),
        ("start_date", "2022-13-01"),
        ("start_date", 2022),
        ("alert_query", 7),
        ("alert_query", "x" * 1001),
        ("lookback_window", "5 minutes"),
        ("lookback_window", "P2Y"),
        ("lookback_window", "-PT5M"),
        ("rate_limit_share", 9),
        ("rate_limit_share", 101),
        ("rate_limit_share", "80"),
        ("rate_limit_share", True),
        ("num_workers", 0),
        ("num_workers", 41),
        ("num_workers", 1.5),
    ],
)
def test_each_malformed_value_is_named_and_not_repeated(field: str, value: Any) -> None:  # noqa: ANN401 - any
    with pytest.raises(ApiError) as raised:
        Config.parse({"api_token": KEY, field: value})
    message = str(raised.value.message)
    assert f"'{field}'" in message
    assert message.endswith(".")
    assert KEY not in message
    if isinstance(value, str) and value and field == "api_token":
        assert value not in message


def test_a_missing_key_is_named() -> None:
    with pytest.raises(ApiError, match="'api_token' is missing"):
        Config.parse({})


def test_airbytes_own_keys_are_ignored() -> None:
    assert Config.parse({"api_token": KEY, "_limit": 3, "__injected": {}, "other": 1}).api_token == KEY


def test_the_specification() -> None:
    spec = Config.specification()
    properties = spec["properties"]
    assert [properties[name]["order"] for name in properties] == list(range(len(properties)))
    assert properties["api_token"]["airbyte_secret"] is True
    assert spec["required"] == ["api_token"]
    assert all({"title", "description", "type"} <= set(each) for each in properties.values())
    assert all("Settings >" in properties[name]["description"] for name in ("api_token", "endpoint"))
    jsonschema.Draft7Validator.check_schema(spec)
    jsonschema.validate({"api_token": KEY, "endpoint": "api.opsgenie.com", "start_date": "2022-07-01T00:00:00Z"}, spec)
    for prop in properties.values():
        for example in prop.get("examples", []):
            jsonschema.validate(example, prop)
    assert "$ref" not in str(spec)
    assert "anyOf" not in str(spec)
