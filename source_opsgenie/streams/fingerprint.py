"""Whose rows a state counts as read: a fingerprint of the API, of its host and of the account.

An account is known by its name, which `/v2/account` tells; Opsgenie gives it no id. The key is no part of the
fingerprint, so that a new key goes on from the state. A key that may not read the account (a team's key, or one without
Configuration Access) leaves that part out, and then only API and host are compared: a state is not used only where it
is certain that it is another's. An account that was renamed is taken for another one, which costs a second backfill and
loses nothing.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from source_opsgenie.http.body import data_at
from source_opsgenie.http.errors import ApiError, RefusedError
from source_opsgenie.http.retry import QUESTION

if TYPE_CHECKING:
    from source_opsgenie.http.body import Body
    from source_opsgenie.http.client import Client

ACCOUNT_PATH = "v2/account"

# First part of each fingerprint: another API is told from another host or account.
API = "opsgenie"

_SEPARATOR = ":"
_DIGITS = 12  # of each hash


@dataclass(frozen=True)
class Fingerprint:
    """Written `opsgenie:<hash of the host>:<hash of the account's name>`, the last part where the name is known."""

    api: str
    host: str
    account: str = ""

    @classmethod
    def of(cls, host: str, name: str | None) -> Fingerprint:
        """Make the fingerprint of an account."""
        return cls(API, _hash(host), "" if name is None else _hash(name))

    @classmethod
    def parse(cls, text: object) -> Fingerprint:
        """Read one from a state; what is none is that of nobody, and so another than any."""
        parts = text.split(_SEPARATOR) if isinstance(text, str) else []
        return cls(*parts) if len(parts) in {2, 3} else cls("", "")

    def __str__(self) -> str:
        """Be the text that a state holds."""
        return _SEPARATOR.join(filter(None, (self.api, self.host, self.account)))

    def contradicts(self, other: Fingerprint) -> bool:
        """Tell whether the two are certainly not of the same account."""
        if (self.api, self.host) != (other.api, other.host):
            return True
        return bool(self.account and other.account) and self.account != other.account

    def completed(self, other: Fingerprint) -> Fingerprint:
        """Take the account's part from another one that does not contradict, where this one lacks it."""
        return self if self.account else replace(self, account=other.account)


class Identity:
    """Finds out, once a sync and for all its streams, whose rows the key reads."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._asking = threading.Lock()
        self._fingerprint: Fingerprint | None = None

    def fingerprint(self) -> Fingerprint:
        """Return the fingerprint; the first stream that needs it makes the call."""
        with self._asking:
            if self._fingerprint is None:
                self._fingerprint = Fingerprint.of(self._client.backend.authority, self._name())
            return self._fingerprint

    def _name(self) -> str | None:
        try:
            account = data_at(self._client.get(ACCOUNT_PATH, check=_has_data, policy=QUESTION).body, "data")
        except (RefusedError, ApiError):
            return None
        name = account.get("name") if isinstance(account, dict) else None
        return name if isinstance(name, str) and name else None


def _has_data(body: Body) -> object:
    return data_at(body, "data")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
