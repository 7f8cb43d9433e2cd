"""Tells which account a state belongs to, by a fingerprint of the API, its host and the account.

The key is not part of the fingerprint, so a new key continues from the state. If the key cannot read the name of the
account, only API and host are compared: a state is refused only if it certainly belongs to another account. A renamed
account is taken for another one, which costs a second backfill and loses nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Fingerprint:
    """Names an account: `<API>:<hash of the host>:<hash of the account's name>`, the last part only if it is known."""

    api: str
    host: str
    account: str = ""

    @classmethod
    def of(cls, api: str, authority: str, name: str | None) -> Fingerprint:
        """Make the fingerprint of an account; a port is no part of it."""
        host = urlsplit(f"//{authority}").hostname or ""
        return cls(api.lower(), short_hash(host), "" if name is None else short_hash(name))

    @classmethod
    def parse(cls, text: object) -> Fingerprint:
        """Read a fingerprint from a state; an invalid one matches no account."""
        parts = text.split(":") if isinstance(text, str) else []
        return cls(*parts) if len(parts) in {2, 3} else cls("", "")

    def __str__(self) -> str:
        """Return the text for a state."""
        return ":".join(filter(None, (self.api, self.host, self.account)))

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
        return self if self.account or self.api != other.api else replace(self, account=other.account)


def short_hash(text: str, digits: int = 12) -> str:
    """Return the beginning of a text's hash, by which a state or a name tells the text from others."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:digits]
