"""Streams of services, and of who is involved in their incidents."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from source_opsgenie.jsm.limits import Api
from source_opsgenie.jsm.paging import MAX_PAGE, ServicesPaging
from source_opsgenie.jsm.rows import account as rows
from source_opsgenie.jsm.streams.base import JsmSubStream, OverlappingStream
from source_opsgenie.records import services as records

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from source_opsgenie.http.paging import Paging
    from source_opsgenie.records.base import Record
    from source_opsgenie.streams.base import ApiStream, Parent, Row


class Services(OverlappingStream):
    """Every service of the site."""

    list_path = "v1/services/"
    domain = Api.SERVICES
    record: ClassVar[type[Record]] = records.Service
    paging: ClassVar[Paging] = ServicesPaging(limit=MAX_PAGE)
    cached = True
    translation = staticmethod(lambda row, *_: rows.service(row))


class ServiceAudienceTemplates(JsmSubStream):
    """Who is involved in a service's incidents: one row for each service, from the service itself."""

    parent_stream: ClassVar[type[ApiStream]] = Services
    list_path = ""
    domain = Api.SERVICES
    record: ClassVar[type[Record]] = records.ServiceAudienceTemplate
    primary_key: ClassVar[list[str]] = ["service_id"]
    parent_columns: ClassVar[Mapping[str, str]] = {"service_id": "id"}

    def rows_of(self, parent: Parent) -> Iterator[Row]:
        """Yield the service's audience, without a call."""
        yield rows.service_audience_template(parent)
