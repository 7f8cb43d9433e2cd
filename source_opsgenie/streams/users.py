"""Users and what belongs to each of them. No time of a change comes with any of it, so all is read at each sync."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from source_opsgenie.api.limits import Domain
from source_opsgenie.api.paging import MAX_PAGE, OffsetPaging, Paging
from source_opsgenie.records import users as records
from source_opsgenie.streams.base import ChildStream, SharedListStream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from source_opsgenie.records.base import Record


class Users(SharedListStream):
    """Every user. Listing users counts against the search limit, not the one of configuration."""

    location = "v2/users"
    domain = Domain.SEARCH
    record: ClassVar[type[Record]] = records.User
    paging: ClassVar[Paging] = OffsetPaging(limit=MAX_PAGE, order={"sort": "username", "order": "asc"})


class Contacts(ChildStream):
    """The addresses at which a user is notified."""

    location = "v2/users/{id}/contacts"
    record: ClassVar[type[Record]] = records.Contact
    primary_key: ClassVar[list[str]] = ["user_id", "id"]
    parent_columns: ClassVar[Mapping[str, str]] = {"user_id": "id"}
