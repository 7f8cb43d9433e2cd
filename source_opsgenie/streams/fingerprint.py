"""Tells which account a state belongs to, by a fingerprint of the API, its host and the account.

The key is not part of the fingerprint, so a new key continues from the state. If the key cannot read the name of the
account, only API and host are compared: a state is refused only if it certainly belongs to another account. A renamed
account is taken for another one, which costs a second backfill and loses nothing.

A state that comes from a known account, and was continued with a key that may not read the account, keeps its
account and is marked: a team's key passes over the changes of other teams.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

_SEPARATOR = ":"
_DIGITS = 12  # of each hash
_PARTIAL = "partial"


@dataclass(frozen=True)
class Fingerprint:
    """Names an account: `<API>:<hash of the host>:<hash of the account's name>`, the last part only if it is known.

    Attributes:
        is_partial: whether a key that may not read the account has read it; the text of a known account then ends in
            `:partial`.
    """

    api: str
    host: str
    account: str = ""
    is_partial: bool = field(default=False, kw_only=True)

    @classmethod
    def of(cls, api: str, authority: str, name: str | None, *, is_partial: bool = False) -> Fingerprint:
        """Make the fingerprint of an account; a port is no part of it."""
        host = urlsplit(f"//{authority}").hostname or ""
        return cls(api.lower(), _hash(host), "" if name is None else _hash(name), is_partial=is_partial)

    @classmethod
    def parse(cls, text: object) -> Fingerprint:
        """Read a fingerprint from a state; an invalid one matches no account."""
        parts = text.split(_SEPARATOR) if isinstance(text, str) else []
        *named, last = parts or [""]
        if len(parts) == 4 and last == _PARTIAL:  # noqa: PLR2004 - with the mark
            return cls(*named, is_partial=True)
        return cls(*parts) if len(parts) in {2, 3} else cls("", "")

    def __str__(self) -> str:
        """Return the text for a state."""
        mark = _PARTIAL if self.account and self.is_partial else ""
        return _SEPARATOR.join(filter(None, (self.api, self.host, self.account, mark)))

    def contradicts(self, other: Fingerprint) -> bool:
        """Return whether the two certainly belong to different accounts."""
        if (self.api, self.host) != (other.api, other.host):
            return True
        return bool(self.account and other.account) and self.account != other.account

    def is_of(self, api: str) -> bool:
        """Return whether the account belongs to an API."""
        return bool(api) and self.api == api.lower()

    def completed(self, other: Fingerprint) -> Fingerprint:
        """Return this fingerprint with the account's part of another one of the same API, if this one has none."""
        if self.account or self.api != other.api:
            return self
        return replace(self, account=other.account, is_partial=self.is_partial or other.is_partial)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
