"""Streams of services, of their incident rules and of incident templates."""

from __future__ import annotations

from collections.abc import Iterator

from source_opsgenie.http.errors import NOT_ACCEPTED_STATUSES, ApiError
from source_opsgenie.http.paging import Page, Params
from source_opsgenie.opsgenie.paging import MAX_PAGE, OffsetPaging, SingleObject
from source_opsgenie.opsgenie.streams.incidents import INCIDENT_PLANS
from source_opsgenie.records import services as records
from source_opsgenie.streams.base import ApiStream, Parent
from source_opsgenie.streams.sub_stream import SubStream

ONLY_FIRST_TEMPLATES = "Opsgenie shows the first templates only; if there are more, nothing can read them."


class Services(ApiStream):
    """Every service. The list can be sorted by change, but a service has no time of its change."""

    list_path = "v1/services"
    record = records.Service
    paging = OffsetPaging(limit=MAX_PAGE)
    scan_sort = "name"
    cached = True
    plan = INCIDENT_PLANS


class ServiceSubStream(SubStream):
    """A child stream of services."""

    parent_stream = Services
    plan = INCIDENT_PLANS
    primary_key = ["service_id", "id"]
    parent_columns = {"service_id": "id"}


class ServiceIncidentRules(ServiceSubStream):
    """The rules that open incidents on a service."""

    list_path = "v1/services/{id}/incident-rules"
    record = records.ServiceIncidentRule


class ServiceIncidentTemplates(ServiceSubStream):
    """The incident templates of one service, which Opsgenie has replaced by custom incident templates."""

    list_path = "v1/services/{id}/incident-templates"
    record = records.ServiceIncidentTemplate


class ServiceAudienceTemplates(ServiceSubStream):
    """Who is involved in a service's incidents: one object for each service."""

    list_path = "v1/services/{id}/audience-templates"
    record = records.ServiceAudienceTemplate
    paging = SingleObject()
    primary_key = ["service_id"]


class CustomIncidentTemplates(ApiStream):
    """The account's incident templates."""

    list_path = "v1/incident-templates"
    record = records.CustomIncidentTemplate
    paging = OffsetPaging(rows="data.incidentTemplates", limit=MAX_PAGE, order={"order": "asc"})
    plan = INCIDENT_PLANS

    def smallest_params(self) -> Params:
        """Return no parameters, because a sync reads the list without them if they are refused."""
        return {}

    def pages(self, parent: Parent, asked: Params) -> Iterator[Page]:
        """Follow the list; without parameters if they are refused, because the documentation lists none."""
        try:
            yield from super().pages(parent, asked)
        except ApiError as error:
            if self.skips.answered or error.status not in NOT_ACCEPTED_STATUSES:
                raise
            yield from super().pages(parent, {})
            self.warn_once(ONLY_FIRST_TEMPLATES)

    def end_in_a_circle(self) -> None:
        """End the list with a warning, because the offset may be ignored, too."""
        self.warn_once(ONLY_FIRST_TEMPLATES)
