"""One request, as the handlers of the migrated account see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from integration_tests.sandbox.jsm.account import MigratedAccount
from integration_tests.sandbox.jsm.credentials import Credential
from integration_tests.sandbox.jsm.settings import JsmSettings
from integration_tests.sandbox.query import Row
from integration_tests.sandbox.refusal import Refusal
from integration_tests.sandbox.settings import Settings
from integration_tests.sandbox.storage import Storage

Answer = Any
# What stands in an absolute link is no address of the sandbox: only the query of a link is to be read.
ABSOLUTE = "https://api.atlassian.invalid/jsm/ops/api"


@dataclass(frozen=True)
class JsmCall:
    """A request that is allowed, with all that answering it needs."""

    account: MigratedAccount
    settings: Settings
    now: int
    path: str  # below its base
    cloud_id: str
    organization_id: str
    at: Mapping[str, str]  # the parts of the path that vary
    given: Mapping[str, Any]  # the parameters, checked, with their defaults
    pairs: tuple[tuple[str, str], ...]  # the parameters as they came
    body: Mapping[str, Any]  # of a POST
    credential: Credential
    link_form: str
    last_form: str
    host: str  # under which the client called
    storage: Storage
    blame: Callable[[str], None]  # records what a careful client would not do

    @property
    def jsm(self) -> JsmSettings:
        return self.settings.jsm

    @property
    def caller(self) -> str:
        """The account id of the caller."""
        return self.account.people.account_of(self.credential.email)

    @property
    def teams(self) -> list[str]:
        """The ids of the teams that the caller sees."""
        every = self.account.teams.ids_of_all
        if self.credential.is_admin:
            return every
        return every[:1] if self.credential.kind.value == "team" else []

    def seen(self, rows: list[Row]) -> list[Row]:
        """Return those rows that the caller sees: all, or those of the caller's teams."""
        return rows if self.credential.is_admin else [row for row in rows if row.get("teamId") in self.teams]

    def team(self) -> str:
        """Return the team of a path."""
        team = self.at["teamId"]
        if team not in self.account.teams.ids_of_all:
            raise Refusal(404, "Team not found")
        if team not in self.teams:
            raise Refusal(403, "You're not authorized to see this team")
        return team

    def file(self, path: str) -> str:
        """Return an address of a file in the storage."""
        return self.storage.address(self.host, path, self.settings.file_seconds)

    def admin(self, title: str) -> None:
        """Refuse callers who are not admins."""
        if not self.credential.is_admin:
            raise Refusal(403, title)

    def links(self, is_last: bool, **changes: object) -> Row:
        """Return the part of an envelope that leads to the next page, in the form of its endpoint or of the settings.

        The last page has an empty one, one that is null, or none.
        """
        if is_last:
            form = self.last_form if self.jsm.last_link == "documented" else self.jsm.last_link
            return {"absent": {}, "null": {"links": {"next": None}}}.get(form, {"links": {}})
        pairs = [(name, value) for name, value in self.pairs if name not in changes]
        pairs += [(name, str(value)) for name, value in changes.items()]
        query = urlencode(pairs, quote_via=quote)
        form = self.link_form if self.jsm.next_link == "documented" else self.jsm.next_link
        start = {
            "v1": self.path,
            "api": f"/api/{self.cloud_id}{self.path}",
            "bare": self.path.removeprefix("/v1"),
            "url": "url",
            "absolute": f"{ABSOLUTE}/{self.cloud_id}{self.path}",
        }[form]
        return {"links": {"next": f"{start}?{query}"}}

    def held(self, asked: int) -> int:
        """Return how many rows a page holds when so many are asked for."""
        return min(asked, self.jsm.short_pages or asked)


def found(row: Row | None, what: str) -> Row:
    """Return a row that must be there."""
    if row is None:
        raise Refusal(404, f"{what} not found")
    return row
