from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import jsonschema
import pytest

from source_opsgenie.config import Config
from source_opsgenie.http.errors import ApiError
from source_opsgenie.opsgenie.endpoint import Endpoint
from unit_tests.messages import is_explained

KEY = "7d1c3a9e-0b52-4f6e-9a1d-2c8e4b7f6a10"


def test_a_key_is_enough() -> None:
    config = Config.parse({"api_token": KEY})
    assert config.endpoint.url == "https://api.opsgenie.com/"
    assert config.start_date is None
    assert config.lookback_window == timedelta(minutes=5)
    assert (config.rate_limit_share, config.num_workers) == (80, 10)


def test_blanks_around_what_is_pasted_are_trimmed_and_empty_options_absent() -> None:
    config = Config.parse({"api_token": f" {KEY}\n", "endpoint": " api.eu.opsgenie.com ", "start_date": " "})
    assert config.api_token == KEY
    assert config.endpoint == Endpoint.parse("api.eu.opsgenie.com")
    assert config.start_date is None


@pytest.mark.parametrize("text", ["2022-07-01T00:00:00Z", "2022-07-01", "2022-07-01T00:00:00.000Z"])
def test_start_dates(text: str) -> None:
    start = Config.parse({"api_token": KEY, "start_date": text}).start_date
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
        ("start_date", "2022-7-1"),
        ("start_date", 2022),
        ("alert_query", 7),
        ("alert_query", "x" * 1001),
        ("lookback_window", "5 minutes"),
        ("lookback_window", "P2Y"),
        ("lookback_window", "-PT5M"),
        ("lookback_window", "PT"),
        ("lookback_window", "00:05:00"),
        ("rate_limit_share", 9),
        ("rate_limit_share", 101),
        ("rate_limit_share", "80"),
        ("rate_limit_share", True),
        ("rate_limit_share", ""),
        ("num_workers", ""),
        ("jira_service_management", ""),
        ("num_workers", 0),
        ("num_workers", 41),
        ("num_workers", 1.5),
    ],
)
def test_each_malformed_value_is_named_and_not_repeated(field: str, value: Any) -> None:
    with pytest.raises(ApiError) as raised:
        Config.parse({"api_token": KEY, field: value})
    message = str(raised.value.message)
    assert f"'{field}'" in message
    assert message.endswith(".")
    assert KEY not in message
    if isinstance(value, str) and value and field == "api_token":
        assert value not in message


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("api_token", 7, "it must be a text in quotes."),
        ("api_token", "7d1c", "it is too short for a key: copy the whole key."),
        ("endpoint", True, "it must be a text in quotes."),
        (
            "lookback_window",
            "P5 minutes",
            "it is not an ISO 8601 duration of at most 365 days, such as PT5M, PT1H or P1D.",
        ),
        ("alert_query", "x" * 1001, "it must have at most 1000 characters."),
        ("rate_limit_share", 101, "it must be a whole number from 10 to 100, without quotes."),
        ("num_workers", "10", "it must be a whole number from 1 to 40, without quotes."),
        ("num_workers", 1.5, "it must be a whole number from 1 to 40, without quotes."),
        ("jira_service_management", [], "it must be an object with several fields."),
    ],
)
def test_why_a_value_is_not_valid_is_a_sentence(field: str, value: Any, reason: str) -> None:
    with pytest.raises(ApiError) as raised:
        Config.parse({"api_token": KEY, field: value})
    assert str(raised.value.message) == f"The configuration is not valid. '{field}' is not valid: {reason}"
    assert is_explained(reason)


def test_what_is_no_text_in_the_place_of_an_organization_is_named() -> None:
    site = {"site": "acme", "organization_id": 7}
    with pytest.raises(ApiError, match=r"'jira_service_management\.organization_id' is not valid: it must be a text"):
        Config.parse({"api_token": KEY, "jira_service_management": site})


@pytest.mark.parametrize(
    "field",
    ["api_token", "endpoint", "start_date", "alert_query", "lookback_window", "site", "email", "organization_id"],
)
def test_a_text_that_no_call_can_hold_is_refused(field: str) -> None:
    odd = "acme\ud800"  # a lone surrogate, which JSON can write
    of_site = field in {"site", "email", "organization_id"}
    given = {"jira_service_management": {"site": "acme", field: odd}} if of_site else {field: odd}
    with pytest.raises(ApiError) as raised:
        Config.parse({"api_token": KEY, **given})
    assert f"{field}' is not valid: it contains a character that cannot be sent" in str(raised.value.message)
    assert str(raised.value.message).encode()


def test_an_unknown_key_that_cannot_be_written_is_named_all_the_same() -> None:
    (warning,) = Config.parse({"api_token": KEY, "colour\ud800": "red"}).warnings
    assert warning == "The configuration has an unknown field 'colour\\ud800': it has no effect."


def test_a_missing_key_is_named() -> None:
    with pytest.raises(ApiError, match="'api_token' is missing"):
        Config.parse({})


def test_airbytes_own_keys_are_ignored() -> None:
    assert Config.parse({"api_token": KEY, "_limit": 3, "__injected": {}, "other": 1}).api_token == KEY


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("startdate", "start_date"),
        ("startDate", "start_date"),
        ("start-date", "start_date"),
        ("lookback", "lookback_window"),
        ("alert_querry", "alert_query"),
    ],
)
def test_an_unknown_key_is_named_with_the_one_that_is_meant(key: str, meant: str) -> None:
    (warning,) = Config.parse({"api_token": KEY, key: "a value", "_limit": 3}).warnings
    assert f"'{key}'" in warning
    assert f"did you mean '{meant}'?" in warning
    assert "a value" not in warning


def test_an_unknown_key_like_no_other_has_no_effect() -> None:
    (warning,) = Config.parse({"api_token": KEY, "colour": "red"}).warnings
    assert warning == "The configuration has an unknown field 'colour': it has no effect."


@pytest.mark.parametrize("name", ["site", "email", "organization_id"])
def test_a_field_of_the_site_beside_its_group_is_told_where_it_belongs(name: str) -> None:
    (warning,) = Config.parse({"api_token": KEY, name: "acme"}).warnings
    assert warning.endswith(f"'{name}': it belongs in 'jira_service_management'.")


def test_an_unknown_field_in_the_group_of_the_site_is_named() -> None:
    (warning,) = Config.parse({"api_token": KEY, "jira_service_management": {"site": "acme", "e-mail": "me"}}).warnings
    assert warning == "The configuration has an unknown field 'e-mail': did you mean 'email'?"


def test_blanks_around_what_is_pasted_for_the_site_are_trimmed() -> None:
    site = Config.parse({"api_token": KEY, "jira_service_management": {"site": " acme", "email": " me@acme.com\n"}})
    assert site.jira_service_management is not None
    assert site.jira_service_management.email == "me@acme.com"


@pytest.mark.parametrize(
    "written", ["a1b2-c3", "https://admin.atlassian.com/o/a1b2-c3", " admin.atlassian.com/o/a1b2-c3/x?y "]
)
def test_an_organization_is_read_as_users_write_it(written: str) -> None:
    site = Config.parse({"api_token": KEY, "jira_service_management": {"site": "acme", "organization_id": written}})
    assert site.jira_service_management is not None
    assert site.jira_service_management.organization_id == "a1b2-c3"


def test_a_misspelled_key_stands_behind_what_is_missing() -> None:
    with pytest.raises(ApiError, match=r"'api_token' is missing.*did you mean 'api_token'?"):
        Config.parse({"api-token": KEY})


def test_a_start_date_to_come_is_told() -> None:
    (warning,) = Config.parse({"api_token": KEY, "start_date": "2999-01-01"}).warnings
    assert "'start_date' (2999-01-01) is in the future" in warning
    assert not Config.parse({"api_token": KEY, "start_date": "2024-01-01"}).warnings


@pytest.mark.parametrize("name", ["rate_limit_share", "num_workers", "jira_service_management"])
def test_a_null_means_that_a_field_is_absent(name: str) -> None:
    assert Config.parse({"api_token": KEY, name: None}) == Config.parse({"api_token": KEY})


@pytest.mark.parametrize(
    "given",
    [
        *(
            {name: value}
            for name in ("endpoint", "start_date", "alert_query", "lookback_window")
            for value in (None, "", " ")
        ),
        {"start_date": " 2024-01-01 "},
        {"start_date": "2024-01-01"},
        {"jira_service_management": {}},
        {"jira_service_management": {"email": "", "organization_id": None}},
    ],
    ids=str,
)
def test_the_specification_allows_what_is_taken(given: dict[str, Any]) -> None:
    config = {"api_token": KEY, **given}
    Config.parse(config)
    jsonschema.Draft7Validator(Config.specification(), format_checker=jsonschema.FormatChecker()).validate(config)


@pytest.mark.parametrize("text", ["yesterday", "2022-7-1", "2022-07-01T00:00", "1656633600000"])
def test_the_specification_refuses_a_malformed_start_date(text: str) -> None:
    assert not jsonschema.Draft7Validator(Config.specification()).is_valid({"api_token": KEY, "start_date": text})


@pytest.mark.parametrize("name", ["endpoint", "lookback_window"])
def test_an_empty_option_has_its_default(name: str) -> None:
    assert Config.parse({"api_token": KEY, name: " "}) == Config.parse({"api_token": KEY})


def test_each_value_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config.parse({"api_token": KEY, "start_date": "2024-01-01", "lookback_window": "PT1H"})
    with monkeypatch.context() as patch:
        for name in ("Endpoint", "to_millis", "_DURATION"):
            patch.delattr(f"source_opsgenie.config.{name}")
        assert config.endpoint.host == "api.opsgenie.com"
        assert config.start_date == datetime(2024, 1, 1, tzinfo=timezone.utc)
        assert config.lookback_window == timedelta(hours=1)


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


def test_airbytes_form_shows_a_field_for_each_option() -> None:
    """It shows a number or an object if that is the only type, in the webapp's schemaToFormBlock.ts and schemaToYup.ts.

    An object that nobody fills in is sent empty, and what it requires would be required of everybody.
    """
    properties = Config.specification()["properties"]
    site = properties["jira_service_management"]
    lists = [each["type"] for each in (*properties.values(), *site["properties"].values()) if "null" in each["type"]]
    assert all(types == ["string", "null"] for types in lists)
    assert "required" not in site


@pytest.mark.parametrize("unused", [{}, {"site": "", "email": None, "organization_id": " "}])
def test_a_group_in_which_nothing_is_filled_in_is_absent(unused: dict[str, Any]) -> None:
    assert Config.parse({"api_token": KEY, "jira_service_management": unused}) == Config.parse({"api_token": KEY})


def test_a_group_without_its_site_is_not_absent() -> None:
    with pytest.raises(ApiError, match=r"'jira_service_management\.site' is missing"):
        Config.parse({"api_token": KEY, "jira_service_management": {"email": "me@acme.com"}})


def test_the_specification_needs_no_docstring() -> None:
    """`python -OO` leaves them out."""

    class WithoutDocstring(Config):
        __doc__ = None

    assert WithoutDocstring.specification()["properties"] == Config.specification()["properties"]
