"""One request, as the handlers of the API see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from integration_tests.sandbox.account import Account
from integration_tests.sandbox.limits import Limits
from integration_tests.sandbox.refusal import Refusal
from integration_tests.sandbox.settings import Settings
from integration_tests.sandbox.storage import Storage

Body = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A request that is allowed, with all that answering it needs."""

    account: Account
    settings: Settings
    limits: Limits
    url: str  # without its query, under the host the client used
    at: Mapping[str, str]  # the parts of the path that vary
    query: Mapping[str, str]
    team: str | None  # the only team that the key sees
    storage: Storage
    blame: Callable[[str], None]  # records what a careful client would not do

    def file(self, path: str) -> str:
        """Return an address of a file in the storage."""
        return self.storage.address(urlsplit(self.url).netloc, path, self.settings.file_seconds)

    def number(self, name: str, default: int, least: int) -> int:
        """Return a whole number of the query."""
        given = self.query.get(name)
        if given is None:
            return default
        if not given.isdigit() or int(given) < least:
            raise Refusal(422, f"{name} must be a number, {least} or more")
        return int(given)

    def size(self, most: int, default: int = 20) -> int:
        """Return the page size; more than the documented maximum is refused or cut, as the settings say."""
        if "limit" not in self.query:
            self.blame("no page size")
        size = self.number("limit", default, 1)
        if size > most:
            if self.settings.oversize == "refuse":
                raise Refusal(422, f"limit should be at most {most}")
            size = most
        return size

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        """Return one of the documented values of the query."""
        given = self.query.get(name, default)
        if given not in choices:
            raise Refusal(422, f"{name} must be one of {', '.join(choices)}")
        return given

    def is_descending(self, default: str = "desc") -> bool:
        """Return the order of the answer; it may be given in capitals."""
        order = self.query.get("order", default).lower()
        if order not in ("asc", "desc"):
            raise Refusal(422, "order must be asc or desc")
        return order == "desc"

    def link(self, **changes: object) -> str:
        """Return the address of another page of the same list; a parameter changed to None is left out."""
        query = {name: value for name, value in {**self.query, **changes}.items() if value is not None}
        return f"{self.url}?{urlencode(query, quote_via=quote)}"
