"""Streams of services, and of who is involved in their incidents."""

from __future__ import annotations

from collections.abc import Iterator

from source_opsgenie.http.body import Row
from source_opsgenie.jsm.paging import SERVICES_PAGE, ServicesPaging
from source_opsgenie.jsm.rows import services as rows
from source_opsgenie.jsm.site import Api
from source_opsgenie.jsm.streams.base import JsmStream, JsmSubStream
from source_opsgenie.records import services as records
from source_opsgenie.streams.base import Parent


class Services(JsmStream):
    """Every service of the site."""

    list_path = "v1/services/"
    domain = Api.SERVICES
    record = records.Service
    paging = ServicesPaging(limit=SERVICES_PAGE)
    cached = True
    translation = staticmethod(rows.service)


class ServiceAudienceTemplates(JsmSubStream):
    """Who is involved in a service's incidents: one row for each service, from the service itself."""

    parent_stream = Services
    list_path = ""
    domain = Api.SERVICES
    record = records.ServiceAudienceTemplate
    primary_key = ["service_id"]

    def rows_of(self, parent: Parent) -> Iterator[Row]:
        """Yield the service's audience, without a call."""
        yield rows.service_audience_template(parent)
