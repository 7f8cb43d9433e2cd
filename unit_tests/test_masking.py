from __future__ import annotations

from typing import Any

import pytest

from source_opsgenie.records.masking import masked


@pytest.mark.parametrize(
    "name",
    ["apiKey", "api_key", "secretKey", "token", "accessToken", "password", "Authorization", "clientSecret", "hookUrl"],
)
def test_secrets_are_masked_by_their_names(name: str) -> None:
    assert masked({name: "x"}) == {name: "***"}
    assert masked({"a": [{"b": {name: {"c": ["x", 7]}}}]}) == {"a": [{"b": {name: {"c": ["***", "***"]}}}]}


@pytest.mark.parametrize(
    "row",
    [
        {"key": "region"},
        {"projectKey": "OPS"},
        {"id": "1", "name": "n", "tags": ["token ring"], "enabled": True},
        {"apiKey": ""},
        {"token": None},
        {"allowReadAccess": True, "passwordSet": False},
        {"emailAddress": "a@example.com"},
    ],
)
def test_all_else_stays_as_it_is(row: dict[str, Any]) -> None:
    assert masked(row) == row


def test_header_lines_and_schemes_are_secrets_wherever_they_are() -> None:
    assert masked({"headers": {"X-Env": "production"}}) == {"headers": {"X-Env": "***"}}
    assert masked({"note": "Basic dXNlcjpwYXNz"}) == {"note": "***"}
    assert masked(["GenieKey 123"]) == ["***"]
