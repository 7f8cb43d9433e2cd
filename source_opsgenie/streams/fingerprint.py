"""Tells which account a state belongs to, by a fingerprint of the API, its host and the account.

The key is not part of the fingerprint, so a new key continues from the state. If the key cannot read the name of the
account, only API and host are compared: a state is refused only if it certainly belongs to another account. A renamed
account of Opsgenie is taken for another one, which costs a second backfill and loses nothing. A site of JSM Operations
has its number (its cloud id) in place of the host, because its address may change.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

_CARRIED = "carried"


@dataclass(frozen=True)
class Fingerprint:
    """Names an account: `<API>:<hash of the host or the site's number>:<hash of the account's name>`.

    The last part is there only if the name is known.

    Attributes:
        is_carried: whether the account's part is that of an earlier sync, because the key cannot read the account. The
            text then ends with `:carried`.
    """

    api: str
    host: str
    account: str = ""
    is_carried: bool = field(default=False, kw_only=True)

    @classmethod
    def of(cls, api: str, place: str, name: str | None) -> Fingerprint:
        """Make the fingerprint of an account; `place` is its host, without the port, or the number of its site."""
        host = urlsplit(f"//{place}").hostname or ""
        return cls(api.lower(), short_hash(host), "" if name is None else short_hash(name))

    @classmethod
    def parse(cls, text: object) -> Fingerprint:
        """Read a fingerprint from a state; an invalid one matches no account."""
        parts = text.split(":") if isinstance(text, str) else []
        if parts[3:] == [_CARRIED]:
            return cls(parts[0], parts[1], parts[2], is_carried=True)
        return cls(*parts) if len(parts) in {2, 3} else cls("", "")

    def __str__(self) -> str:
        """Return the text for a state."""
        last = _CARRIED if self.is_carried else ""
        return ":".join(filter(None, (self.api, self.host, self.account, last)))

    @property
    def was_read(self) -> bool:
        """Return whether the sync that wrote this could read the account."""
        return bool(self.account) and not self.is_carried

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
        if self.account or not other.account or self.api != other.api:
            return self
        return replace(self, account=other.account, is_carried=True)


def short_hash(text: str, digits: int = 12) -> str:
    """Return the beginning of a text's hash, by which a state or a name tells the text from others."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:digits]
