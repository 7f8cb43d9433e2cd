from __future__ import annotations

import pytest
import requests
from requests.structures import CaseInsensitiveDict

from source_opsgenie.opsgenie.backend import OpsgenieBackend
from source_opsgenie.opsgenie.endpoint import EU_HOST, US_HOST, Endpoint


def backend(host: str) -> OpsgenieBackend:
    return OpsgenieBackend(Endpoint.parse(host), "a-key")


def is_signed(url: str, host: str) -> bool:
    """Return whether a call carries the key that is for a host."""
    request, auth = requests.PreparedRequest(), backend(host).auth
    request.url, request.headers = url, CaseInsensitiveDict()
    assert auth is not None
    return auth(request).headers.get("Authorization") == "GenieKey a-key"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (US_HOST, "https://api.opsgenie.com/"),
        (f" https://{EU_HOST}/ ", "https://api.eu.opsgenie.com/"),
        ("API.OPSGENIE.COM", "https://api.opsgenie.com/"),
        ("https://api.opsgenie.com:443", "https://api.opsgenie.com/"),
        ("proxy.example.com:8443", "https://proxy.example.com:8443/"),
        ("http://127.0.0.1:8642", "http://127.0.0.1:8642/"),
        ("http://localhost", "http://localhost/"),
        ("http://[::1]:80", "http://[::1]/"),
        ("api_gateway.internal", "https://api_gateway.internal/"),
        ("alarme.köln.example", "https://alarme.xn--kln-sna.example/"),
        ("straße.example", "https://xn--strae-oqa.example/"),
        ("https://例え.example:8443/", "https://xn--r8jz45g.example:8443/"),
    ],
)
def test_addresses_as_users_write_them(text: str, url: str) -> None:
    assert Endpoint.parse(text).url == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://",
        "ftp://api.opsgenie.com",
        "http://api.opsgenie.com",
        "http://127.0.0.1.evil.example",
        "https://me:secret@api.opsgenie.com",
        "https://me@api.opsgenie.com",
        "https://api.opsgenie.com/v2",
        "https://api.opsgenie.com?x=1",
        "https://api.opsgenie.com#x",
        "api.opsgenie.com:notaport",
        "acme.app.opsgenie.com",
        "acme.atlassian.net",
        "two words",
        "api..opsgenie.com",
        f"{'a' * 64}.example.com",
        f"{'ä' * 64}.example.com",
        "api.opsgenie.com,",
        "-api.example.com",
        "api-.example.com",
        "pr€xy!.example.com",
        "\N{ZERO WIDTH SPACE}",
        "☃.example.com",
        "api。opsgenie。com",
        "7d1c3a9e-0b52-4f6e-9a1d-2c8e4b7f6a10",
        "https://7D1C3A9E-0B52-4F6E-9A1D-2C8E4B7F6A10/",
    ],
)
def test_addresses_that_must_not_have_the_key(text: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        Endpoint.parse(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("https://acme.app.opsgenie.com/alert/list", "a website, not the API"),
        ("https://acme.app.eu.opsgenie.com/settings?x=1", "a website, not the API"),
        ("https://acme.atlassian.net/jira/ops#x", "an Atlassian site"),
    ],
)
def test_an_address_copied_from_the_browser_is_named_for_what_it_is(text: str, kind: str) -> None:
    with pytest.raises(ValueError, match=rf"^acme\.[a-z.]+ is {kind}: "):
        Endpoint.parse(text)


@pytest.mark.parametrize(
    ("url", "owned"),
    [
        ("https://api.opsgenie.com/v2/users?offset=100", True),
        ("https://API.opsgenie.com:443/", False),  # no call writes it like this
        ("http://api.opsgenie.com/v2/users", False),
        ("https://api.opsgenie.com.evil.example/", False),
        ("https://api.opsgenie.com:444/", False),
        ("https://api.eu.opsgenie.com/", False),
        ("https://[broken/", False),
    ],
)
def test_only_its_own_urls_may_have_the_key(url: str, owned: bool) -> None:
    assert is_signed(url, US_HOST) is owned


@pytest.mark.parametrize(
    ("link", "owned"),
    [
        ("/v2/users?offset=100", True),
        ("https://[::1]:8443/v2/users", True),
        ("http://API.eu.opsgenie.com/v2/users", True),
        ("https://evil.example/v2/users", False),
        ("https://[broken/", False),
    ],
)
def test_a_link_may_name_the_configured_host_or_one_of_opsgenies_or_none(link: str, owned: bool) -> None:
    assert backend("https://[::1]").owns_link(link) is owned


def test_an_international_name_owns_its_own_urls() -> None:
    host = "köln.example"
    assert is_signed(requests.Request("GET", Endpoint.parse(host).url).prepare().url or "", host)
    assert is_signed("https://xn--kln-sna.example/v2/users", host)


def test_each_region_knows_the_other() -> None:
    assert Endpoint.parse(US_HOST).other_region == EU_HOST
    assert Endpoint.parse(EU_HOST).other_region == US_HOST
    assert Endpoint.parse("proxy.example.com").other_region is None


def test_a_key_in_the_place_of_the_address_is_not_repeated() -> None:
    key = "7d1c3a9e-0b52-4f6e-9a1d-2c8e4b7f6a10"
    with pytest.raises(ValueError, match="goes into 'api_token'") as raised:
        Endpoint.parse(key)
    assert key not in str(raised.value)


def test_a_key_in_the_place_of_the_port_is_not_repeated() -> None:
    with pytest.raises(ValueError, match="it is not an address") as raised:
        Endpoint.parse("api.opsgenie.com:7d1c3a9e-0b52-4f6e-9a1d")
    assert "7d1c" not in str(raised.value)
