from __future__ import annotations

import requests

from source_opsgenie.http.backend import HeaderAuth
from source_opsgenie.opsgenie.endpoint import Endpoint

ENDPOINT = Endpoint.parse("api.opsgenie.com")
KEY = HeaderAuth("GenieKey 7d1c3a9e-0b52-4f6e-9a1d-2c8e4b7f6a10", ENDPOINT.url)


def test_a_request_to_the_endpoint_is_signed() -> None:
    request = KEY(requests.Request("GET", "https://api.opsgenie.com/v2/teams").prepare())
    assert request.headers["Authorization"] == "GenieKey 7d1c3a9e-0b52-4f6e-9a1d-2c8e4b7f6a10"


def test_a_request_to_another_host_is_not() -> None:
    request = KEY(requests.Request("GET", "https://evil.example/v2/teams").prepare())
    assert "Authorization" not in request.headers


def test_the_key_is_not_in_its_repr() -> None:
    assert "7d1c3a9e" not in f"{KEY!r} {KEY}"
