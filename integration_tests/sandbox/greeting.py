"""What the sandbox tells a person when it has started."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import orjson

from integration_tests.sandbox.jsm.credentials import Kind as Token
from integration_tests.sandbox.rights import Kind as Key
from integration_tests.sandbox.server import Server
from integration_tests.sandbox.sizes import Size

KEYS = {
    Key.FULL: "sees everything",
    Key.NO_CONFIG: "lacks the right Configuration Access",
    Key.TEAM: "belongs to a team, and sees what the team owns",
    Key.NO_READ: "lacks the right Read",
    Key.DISABLED: "is disabled",
    Key.OTHER_REGION: "belongs to an account in the other region",
    Key.UNKNOWN: "belongs to no account",
    Key.MALFORMED: "does not look like a key",
}
TOKENS = {
    Token.CLASSIC: "an admin's API token without scopes; sees all but attachments, which JSM may refuse",
    Token.TEAM: "a member of the first team, who is no admin",
    Token.NO_TEAMS: "a user who sees no team",
    Token.NO_OPERATIONS: "a user without access to Operations",
    Token.EXPIRED: "has expired",
    Token.GENIE: "the key of Opsgenie, which is no API token",
    Token.SCOPED: "an admin's API token with all read scopes",
    Token.SCOPED_ALERTS: "the same with the scope of alerts only",
    Token.SCOPED_CONFIG: "the same without the scope of alerts",
    Token.SCOPED_USERS: "the same with the scope of users only",
    Token.OAUTH: "the Bearer token of an app",
}


def sizes(size: Size) -> str:
    """Say how large an account is."""
    return ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in asdict(size).items() if name != "burst")


def greeting(server: Server, size: Size, ready: dict[str, Any]) -> str:
    """Say where the account is, and with which keys it can be read."""
    address, full = ready["api"], server.keys.full
    credentials = server.jsm.credentials.by_kind
    admin = credentials[Token.CLASSIC]
    site = {"site": address, "email": admin.email, "organization_id": ready["jsm"]["organization_id"]}
    moves = ["The account moves there with", "", f"  curl --request POST {ready['control']}/migrate"]
    lines = [
        f"The sandbox account listens at {address} until you press Ctrl-C. No other machine can reach it.",
        f"It has {sizes(size)}.",
        "",
        "AS OPSGENIE: a configuration of the connector (config.json), with the key that sees everything:",
        "",
        f"  {_json({'api_token': full, 'endpoint': address})}",
        "",
        "The same in a call by hand:",
        "",
        f"  curl --header 'Authorization: GenieKey {full}' '{address}/v2/alerts?limit=2'",
        "",
        "All keys:",
        "",
        *(f"  {key}  {KEYS[kind]}" for kind, key in server.keys.by_kind.items()),
        "",
        "AS JSM OPERATIONS, which answers once the account has moved. "
        + ("It has moved." if server.jsm.is_migrated else "It has not moved yet."),
        *([] if server.jsm.is_migrated else moves),
        "",
        "A configuration of the connector, with an API token of an admin:",
        "",
        f"  {_json({'api_token': admin.token, 'jira_service_management': site})}",
        "",
        "All tokens, with the e-mail address to use each of them with:",
        "",
        *(f"  {each.token}  {each.email or '-'}  {TOKENS[kind]}" for kind, each in credentials.items()),
    ]
    return "\n".join(lines) + "\n"


def _json(value: dict[str, Any]) -> str:
    return orjson.dumps(value).decode()
