"""The account that a folder belongs to; another account in the same folder would mix with it and be incomplete."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from archive.damage import NotBegunError
from archive.origin import Origin
from archive.paths import write_text
from archive.report.formatting import minute
from archive.run import now, parse_time, write_time
from source_opsgenie.opsgenie.streams.account import Account
from source_opsgenie.streams.skips import StreamSkippedError


@dataclass(frozen=True)
class Owner:
    """The identity of an account.

    Attributes:
        region: the host of the account's region; None if the host is not one of Opsgenie's.
        name: the name of the account; None if the key cannot read it.
        site: the Atlassian site that the account has moved to; None if it has not moved.
        moved_at: when the folder was first continued from that site; None if it was started from there.
    """

    region: str | None
    name: str | None
    site: str | None = None
    moved_at: str | None = field(default=None, compare=False)

    @classmethod
    def ask(cls, origin: Origin) -> Owner:
        """Ask Opsgenie which account a key belongs to; for JSM, the address of the site is enough."""
        if not origin.is_opsgenie:
            return cls(None, None, urlsplit(f"//{origin.host}").hostname)  # without the port
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
        """Load the account that a folder belongs to.

        Raises:
            NotBegunError: the file is damaged.
        """
        try:
            return cls(**json.loads(path.read_text()))
        except (ValueError, TypeError):
            raise NotBegunError(
                f"{path} is damaged, so it is unknown which account the folder belongs to. If it is the account of "
                "this key, remove that file and run again; otherwise choose another OUTPUT."
            ) from None

    def save(self, path: Path) -> None:
        """Write the account to a file in one step, so that the file is always complete."""
        write_text(path, json.dumps(asdict(self)))

    @property
    def was_of_opsgenie(self) -> bool:
        """Return whether the folder was started from Opsgenie."""
        return self.site is None or self.moved_at is not None

    def may_have_moved_to(self, other: Owner) -> bool:
        """Return whether this account is of Opsgenie and the other one of JSM, so that it may have moved there."""
        return self.site is None and other.site is not None

    def contradicts(self, other: Owner) -> bool:
        """Return whether the two are certainly different accounts; an unknown name or region fits any other."""
        regions, names = {self.region, other.region} - {None}, {self.name, other.name} - {None}
        return self.site != other.site or len(regions) > 1 or len(names) > 1

    def completed(self, other: Owner) -> Owner:
        """Return this account with the region and the name of the other one where they were not known."""
        return replace(self, region=self.region or other.region, name=self.name or other.name)

    def __str__(self) -> str:
        """Describe the account for a message."""
        if self.site is not None:
            return f"the account at {self.site}"
        return f"the account {self.name or '(name not known)'}" + (f" at {self.region}" if self.region else "")


def claim(path: Path, owner: Owner) -> Owner | None:
    """Claim a folder for an account; if it has moved to JSM Operations since the last run, return its new identity.

    Save it only after a read from the site has succeeded. Until then the folder belongs to the account as before, so it
    can still be continued from the right site if this one is wrong.

    Raises:
        NotBegunError: the folder belongs to another account, or to one that has moved and is configured for Opsgenie.
    """
    if not path.exists():
        owner.save(path)
        return None
    before = Owner.load(path)
    if before.may_have_moved_to(owner):
        return replace(before, site=owner.site, moved_at=write_time(now()))
    if owner.may_have_moved_to(before):
        since = f" since {minute(parse_time(before.moved_at))}" if before.moved_at else ""
        raise NotBegunError(
            f"{path.parent} has been filled from JSM Operations at {before.site}{since}, so Opsgenie is not read into "
            "it any more: its rows have other ids. Use the configuration for JSM Operations, or choose another OUTPUT."
        )
    if before.contradicts(owner):
        raise NotBegunError(
            f"{path.parent} belongs to {before}, but the configuration is for {owner}: choose another OUTPUT. If this "
            f"is the same account under a new name, remove {path} and run again."
        )
    completed = before.completed(owner)
    if completed != before:
        completed.save(path)
    return None
