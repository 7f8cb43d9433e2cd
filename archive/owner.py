"""Whose account a folder holds: another one in it would be mixed with it, and never be read from its beginning."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from archive.not_begun import NotBegunError
from source_opsgenie.opsgenie.streams.account import Account
from source_opsgenie.streams.skips import StreamSkippedError

if TYPE_CHECKING:
    from pathlib import Path

    from source_opsgenie.streams.context import Context


@dataclass(frozen=True)
class Owner:
    """What tells accounts apart.

    Attributes:
        region: Opsgenie's region, None for another host.
        name: the account's name, None where the key may not see it.
    """

    region: str | None
    name: str | None

    @classmethod
    def ask(cls, context: Context) -> Owner:
        """Ask Opsgenie."""
        account = Account(context)
        account.skips.quiet = True
        name = None
        with suppress(StreamSkippedError):
            for row in account.rows():
                name = row.get("name")
        address = context.config.address
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

    def is_at_odds_with(self, other: Owner) -> bool:
        """Tell whether the two are surely not one account. A name that is not known contradicts none."""
        regions, names = {self.region, other.region} - {None}, {self.name, other.name} - {None}
        return len(regions) > 1 or len(names) > 1

    def __str__(self) -> str:
        """Name it."""
        return f"the account {self.name or '(name not known)'}" + (f" at {self.region}" if self.region else "")


def claimed(path: Path, owner: Owner) -> Owner | None:
    """Claim a folder for an account; give the other one that it belongs to, if any."""
    if not path.exists():
        path.write_text(json.dumps(asdict(owner)))
        return None
    before = Owner.load(path)
    return before if before.is_at_odds_with(owner) else None
