"""What the connection check says of a refused call or a failed connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests
from airbyte_cdk.models import FailureType

from source_opsgenie.api.body import message_of
from source_opsgenie.http.errors import ApiError as OpsgenieError
from source_opsgenie.http.errors import config_error, system_error, transient_error

if TYPE_CHECKING:
    from source_opsgenie.api.endpoints import Endpoint

__all__ = [
    "CONFIGURATION_ACCESS_TEXT",
    "OpsgenieError",
    "config_error",
    "explain",
    "network_cause",
    "system_error",
    "transient_error",
]

KEY_FORMAT_TEXT = "key format is not valid"
CONFIGURATION_ACCESS_TEXT = "configuration access"


def explain(response: requests.Response, endpoint: Endpoint) -> tuple[FailureType, str]:
    """Say in a sentence why a call was refused for good, and whether the user can mend it."""
    status = response.status_code
    told = message_of(response)
    if status == requests.codes.unauthorized:
        return FailureType.config_error, _unauthorized(endpoint)
    if KEY_FORMAT_TEXT in told.lower():
        return FailureType.config_error, (
            "Opsgenie says that 'api_token' is not in the format of a key: copy it again from Settings > API key "
            "management, "
            "whole and without quotes."
        )
    if status == requests.codes.forbidden:
        return FailureType.config_error, _forbidden(told)
    if 300 <= status < 400:  # noqa: PLR2004 - the class of redirects
        return FailureType.config_error, (
            f"{endpoint.authority} redirects to another address, which is not followed with a key: check 'endpoint'."
        )
    quoted = f': "{told}"' if told else ""
    return FailureType.system_error, f"Opsgenie refused the call {_path(response)} (HTTP {status}){quoted}."


def _unauthorized(endpoint: Endpoint) -> str:
    region = (
        f" The key of an account in the other region is refused likewise: if yours is there, set 'endpoint' to "
        f"{endpoint.other_region}."
        if endpoint.other_region
        else " A key works only on the host of its own region."
    )
    return (
        f"{endpoint.authority} does not know the key in 'api_token', or the key is disabled: check it in Settings > "
        "API key "
        f"management.{region}"
    )


def _forbidden(told: str) -> str:
    if CONFIGURATION_ACCESS_TEXT in told.lower():
        right = "the key lacks Configuration Access; tick it in Settings > API key management"
    else:
        right = "the key has no right to read it; it needs Read, and Configuration Access, of an account key"
    return f"Opsgenie refuses access: {right}." + (f' Opsgenie says: "{told}"' if told else "")


def network_cause(error: Exception | None, endpoint: Endpoint) -> str:
    """Say in a clause why there is no answer. The classes are the requests library's, subclasses included."""
    host = endpoint.authority
    if isinstance(error, requests.exceptions.SSLError):
        return f"the TLS connection to {host} fails (its certificate is not trusted or not valid)"
    if isinstance(error, requests.exceptions.ProxyError):
        return f"the proxy on the way to {host} fails"
    if isinstance(error, requests.exceptions.Timeout):
        return f"{host} does not answer in time"
    text = str(error)
    if "NameResolution" in text or "getaddrinfo" in text or "Name or service" in text:
        return f"the host name {host} is not known (DNS); check 'endpoint'"
    if "refused" in text:
        return f"{host} refuses the connection"
    return f"the connection to {host} breaks off"


def _path(response: requests.Response) -> str:
    """Name a call by its path: queries may hold a user's own words."""
    return (response.request.path_url or "").split("?")[0]
