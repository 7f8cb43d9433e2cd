"""Whose account a folder holds: another one in it would be mixed with it, and never be read from its beginning."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from archive.not_begun import NotBegunError
from source_opsgenie.opsgenie.streams.account import Account
from source_opsgenie.streams.skips import StreamSkippedError

if TYPE_CHECKING:
    from pathlib import Path

    from archive.origin import Origin


@dataclass(frozen=True)
class Owner:
    """What tells accounts apart.

    Attributes:
        region: Opsgenie's region, None for another host.
        name: the account's name, None where the key may not see it.
        site: the site to which the account has moved, None before.
    """

    region: str | None
    name: str | None
    site: str | None = None

    @classmethod
    def ask(cls, origin: Origin) -> Owner:
        """Ask Opsgenie. A site of Atlassian has one account, and its address is enough."""
        if not origin.is_opsgenie:
            return cls(None, None, urlsplit(f"//{origin.host}").hostname)  # a port is no part of an account
        account = Account(origin.context)
        account.skips.quiet = True
        name = None
        with suppress(StreamSkippedError):
            for row in account.rows():
                name = row.get("name")
        address = origin.context.config.endpoint
        return cls(address.host if address.other_region else None, name)

    @classmethod
    def load(cls, path: Path) -> Owner:
        """Read whose account a folder holds.

        Raises:
            NotBegunError: the file is damaged.
        """
        try:
            return cls(**json.loads(path.read_text()))
        except (ValueError, TypeError):
            raise NotBegunError(
                f"{path} is damaged, so whose account the folder holds is not known. If it is the one of this key, "
                "remove that file, and run again; if not, choose another OUTPUT."
            ) from None

    def save(self, path: Path) -> None:
        """Write it down."""
        path.write_text(json.dumps(asdict(self)))

    def moves_to(self, other: Owner) -> bool:
        """Return whether the other one is what may have become of this account: from Opsgenie, to a site."""
        return self.site is None and other.site is not None

    def is_at_odds_with(self, other: Owner) -> bool:
        """Return whether the two are surely not one account. A name that is not known contradicts none."""
        regions, names = {self.region, other.region} - {None}, {self.name, other.name} - {None}
        return self.site != other.site or len(regions) > 1 or len(names) > 1

    def __str__(self) -> str:
        """Name it."""
        if self.site is not None:
            return f"the account at {self.site}"
        return f"the account {self.name or '(name not known)'}" + (f" at {self.region}" if self.region else "")


def claim(path: Path, owner: Owner) -> bool:
    """Claim a folder for an account; tell whether the account has moved to JSM Operations since the last run.

    Raises:
        NotBegunError: the folder belongs to another account, or its account has moved and is to be read from Opsgenie.
    """
    if not path.exists():
        owner.save(path)
        return False
    before = Owner.load(path)
    if before.moves_to(owner):
        replace(before, site=owner.site).save(path)
        return True
    if before.is_at_odds_with(owner):
        raise NotBegunError(
            f"{path.parent} holds {before}, and the configuration is for {owner}: choose another OUTPUT."
        )
    return False
