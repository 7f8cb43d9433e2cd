"""Who may call: the kinds of key, and what each of them and each plan leaves out."""

from __future__ import annotations

import re
from enum import Enum

from integration_tests.sandbox import text
from integration_tests.sandbox.noise import uuid
from integration_tests.sandbox.refusal import Refusal
from integration_tests.sandbox.routes import Route

PREFIX = "GenieKey "
_KEY_FORM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
PLANS = {
    "incidents": ("Standard", "Enterprise"),
    "services": ("Standard", "Enterprise"),
    "log files": ("Enterprise",),
}


class Kind(str, Enum):
    """What a key was made for, or what is wrong with it."""

    FULL = "full"
    NO_CONFIG = "no_config"  # without Configuration Access
    TEAM = "team"
    NO_READ = "no_read"
    DISABLED = "disabled"
    OTHER_REGION = "other_region"
    UNKNOWN = "unknown"
    MALFORMED = "malformed"


_REFUSED = (Kind.DISABLED, Kind.OTHER_REGION, Kind.UNKNOWN)


class Keys:
    """The account's keys, and some that are none."""

    def __init__(self, seed: int) -> None:
        self.by_kind = {kind: uuid(seed, "key", kind.value) for kind in Kind}
        self.by_kind[Kind.MALFORMED] = "not-a-key"
        self._kinds = {key: kind for kind, key in self.by_kind.items()}

    @property
    def full(self) -> str:
        """The key that sees all."""
        return self.by_kind[Kind.FULL]

    def authenticate(self, header: str | None) -> Kind:
        """Return the kind of the key in an Authorization header; refuse one that is not valid here."""
        if header is None or not header.startswith(PREFIX):
            raise Refusal(401, text.COULD_NOT_AUTHENTICATE)
        key = header[len(PREFIX) :]
        if not _KEY_FORM.fullmatch(key):
            raise Refusal(422, text.KEY_FORMAT)
        kind = self._kinds.get(key, Kind.UNKNOWN)
        if kind in _REFUSED:
            raise Refusal(401, text.COULD_NOT_AUTHENTICATE)
        return kind


def permit(kind: Kind, route: Route, plan: str) -> None:
    """Refuse a call that the key or the plan does not include."""
    if kind is Kind.NO_READ:
        raise Refusal(403, text.NO_READ_ACCESS, code=40301)
    if kind is Kind.NO_CONFIG and route.configuration:
        raise Refusal(403, text.NO_CONFIGURATION_ACCESS, code=40301)
    if kind is Kind.TEAM and route.account_wide:
        raise Refusal(403, text.TEAM_KEY, code=40301)
    if route.feature is not None and plan not in PLANS[route.feature]:
        raise Refusal(402, text.PLAN)
