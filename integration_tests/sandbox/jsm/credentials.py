"""Who may call: the kinds of credential, where each of them works, and what its owner sees."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error
from dataclasses import dataclass
from enum import Enum
from typing import Any

from integration_tests.sandbox.configuration import Configuration
from integration_tests.sandbox.jsm.people import CLERK, OBSERVER
from integration_tests.sandbox.jsm.refusals import SCOPE, UNAUTHORIZED, unauthorized
from integration_tests.sandbox.noise import uuid

ALERT_SCOPE = "read:ops-alert:jira-service-management"
CONFIG_SCOPE = "read:ops-config:jira-service-management"
USER_SCOPE = "read:jira-user"
EVERY_SCOPE = frozenset({ALERT_SCOPE, CONFIG_SCOPE, USER_SCOPE})
# How the tokens of an Atlassian account begin.
TOKEN_PREFIX = "ATATT3x"  # noqa: S105 - the beginning of every one


class Base(str, Enum):
    """The kinds of address below which the APIs are."""

    CLASSIC = "classic"  # https://api.atlassian.com/jsm/ops/api/{cloudId} and its neighbours
    SCOPED = "scoped"  # https://api.atlassian.com/ex/jira/{cloudId}
    SITE = "site"  # the site itself


class Kind(str, Enum):
    """What a credential was made as, or what is wrong with it."""

    CLASSIC = "classic"  # an account's API token without scopes, of an admin
    TEAM = "team"  # the same, of a member of the first team who is no admin
    NO_TEAMS = "no_teams"  # the same, of somebody who sees no team
    NO_OPERATIONS = "no_operations"  # the same, of somebody without access to Operations
    EXPIRED = "expired"
    GENIE = "genie"  # a key of Opsgenie in place of a token
    SCOPED = "scoped"  # an API token with the read scopes
    SCOPED_ALERTS = "scoped_alerts"  # with the scope of alerts only
    SCOPED_CONFIG = "scoped_config"  # without the scope of alerts
    SCOPED_USERS = "scoped_users"  # with the scope of users only
    OAUTH = "oauth"  # the bearer token of an app


CLASSIC = (Kind.CLASSIC, Kind.TEAM, Kind.NO_TEAMS, Kind.NO_OPERATIONS)
SCOPES = {
    Kind.SCOPED_ALERTS: frozenset({ALERT_SCOPE}),
    Kind.SCOPED_CONFIG: EVERY_SCOPE - {ALERT_SCOPE},
    Kind.SCOPED_USERS: frozenset({USER_SCOPE}),
}
REFUSED = (Kind.EXPIRED, Kind.GENIE)


@dataclass(frozen=True)
class Credential:
    """A token and its owner."""

    kind: Kind
    email: str
    token: str

    @property
    def is_bearer(self) -> bool:
        """Return whether it goes by Bearer only."""
        return self.kind is Kind.OAUTH

    @property
    def base(self) -> Base:
        """Where it works."""
        return Base.CLASSIC if self.kind in CLASSIC else Base.SCOPED

    @property
    def is_admin(self) -> bool:
        return self.kind not in (Kind.TEAM, Kind.NO_TEAMS, Kind.NO_OPERATIONS)

    @property
    def sees_operations(self) -> bool:
        return self.kind is not Kind.NO_OPERATIONS

    @property
    def scopes(self) -> frozenset[str]:
        return SCOPES.get(self.kind, EVERY_SCOPE)

    def shown(self) -> dict[str, Any]:
        """Return what a client configures; an app has no address."""
        return {"token": self.token} | ({} if self.is_bearer else {"email": self.email})


class Credentials:
    """All credentials of the site."""

    def __init__(self, seed: int, configuration: Configuration, genie_key: str) -> None:
        users = configuration.usernames
        owners = {Kind.TEAM: users[1 % len(users)], Kind.NO_TEAMS: OBSERVER, Kind.NO_OPERATIONS: CLERK}
        self.by_kind = {kind: Credential(kind, owners.get(kind, users[0]), _token(seed, kind)) for kind in Kind}
        self.by_kind[Kind.GENIE] = Credential(Kind.GENIE, users[0], genie_key)
        self._by_token = {each.token: each for each in self.by_kind.values()}

    @property
    def any(self) -> Credential:
        """What stands for nobody in particular, where no credential is asked for."""
        return self.by_kind[Kind.NO_OPERATIONS]

    def authenticate(self, header: str | None) -> Credential:
        """Return the credential of an Authorization header; refuse one that is not valid."""
        scheme, _, rest = (header or "").partition(" ")
        email, token = None, rest
        if scheme == "Basic":
            email, token = _basic(rest)
        elif scheme != "Bearer":
            raise unauthorized(UNAUTHORIZED)
        found = self._by_token.get(token)
        if found is None or found.kind in REFUSED:
            raise unauthorized(UNAUTHORIZED)
        # Of the others only tokens with scopes go by Bearer, too: those of service accounts.
        if email is None and found.base is not Base.SCOPED:
            raise unauthorized(UNAUTHORIZED)
        if email is not None and (found.is_bearer or email != found.email):
            raise unauthorized(UNAUTHORIZED)
        return found


def permit_base(credential: Credential, base: Base) -> None:
    """Refuse a credential on a base that is not its own; the site itself takes those without scopes."""
    if base is Base.SITE:
        if credential.base is not Base.CLASSIC:
            raise unauthorized(UNAUTHORIZED)
    elif credential.base is not base:
        raise unauthorized(SCOPE)


def permit_scope(credential: Credential, scope: str | None) -> None:
    """Refuse a token that lacks the scope; where no scope is declared, no token with scopes is taken."""
    if credential.base is Base.SCOPED and (scope is None or scope not in credential.scopes):
        raise unauthorized(SCOPE)


def _token(seed: int, kind: Kind) -> str:
    made = (uuid(seed, "token", kind.value) + uuid(seed, "token", kind.value, 2)).replace("-", "")
    return made if kind is Kind.OAUTH else f"{TOKEN_PREFIX}{made}"


def _basic(encoded: str) -> tuple[str, str]:
    try:
        email, _, token = b64decode(encoded, validate=True).decode().partition(":")
    except (Error, UnicodeDecodeError):
        raise unauthorized(UNAUTHORIZED) from None
    return email, token
