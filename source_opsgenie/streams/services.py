"""Services, what happens when an incident hits them, and templates for incidents."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, ClassVar

from source_opsgenie.api.paging import MAX_PAGE, OffsetPaging, Paging
from source_opsgenie.records import services as records
from source_opsgenie.streams.base import OpsgenieStream
from source_opsgenie.streams.incidents import INCIDENT_PLANS
from source_opsgenie.streams.lists import Child, Shared
from source_opsgenie.streams.walk import identity
from source_opsgenie.streams.walkable import Windowed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from source_opsgenie.records.base import Record
    from source_opsgenie.streams.base import Row


class Services(Shared, Windowed):
    """Every service. The list can be sorted by change, but no time of it comes with a service."""

    location = "v1/services"
    record: ClassVar[type[Record]] = records.Service
    sort = "name"
    plan: ClassVar[str] = INCIDENT_PLANS


class ServiceChild(Child, ABC):
    """A list below each service."""

    plan: ClassVar[str] = INCIDENT_PLANS
    primary_key: ClassVar[list[str]] = ["service_id", "id"]
    parent_columns: ClassVar[Mapping[str, str]] = {"service_id": "id"}


class ServiceIncidentRules(ServiceChild):
    """The rules that open incidents on a service."""

    location = "v1/services/{id}/incident-rules"
    record: ClassVar[type[Record]] = records.ServiceIncidentRule


class ServiceIncidentTemplates(ServiceChild):
    """The templates for incidents of one service, which Opsgenie has replaced by custom incident templates."""

    location = "v1/services/{id}/incident-templates"
    record: ClassVar[type[Record]] = records.ServiceIncidentTemplate


class ServiceAudienceTemplates(ServiceChild):
    """Who has to do with incidents of a service: one object a service."""

    location = "v1/services/{id}/audience-templates"
    record: ClassVar[type[Record]] = records.ServiceAudienceTemplate
    primary_key: ClassVar[list[str]] = ["service_id"]


class CustomIncidentTemplates(OpsgenieStream):
    """The account's templates for incidents."""

    location = "v1/incident-templates"
    record: ClassVar[type[Record]] = records.CustomIncidentTemplate
    paging: ClassVar[Paging] = OffsetPaging(rows="data.incidentTemplates", limit=MAX_PAGE, order={"order": "asc"})
    plan: ClassVar[str] = INCIDENT_PLANS

    def rows(self) -> Iterator[Row]:
        """Deliver every template, until a page brings none that is new.

        The documentation lists no parameter for this call: should it ignore the offset, each page is the first.
        """
        seen: set[str] = set()
        for page in self.pages({}, self.first_params({})):
            new = [row for row in page.rows if identity(row) not in seen]
            if page.rows and not new:
                self.warn_once("Opsgenie shows the first templates only; if there are more, nothing can read them.")
                return
            seen.update(map(identity, new))
            yield from new
