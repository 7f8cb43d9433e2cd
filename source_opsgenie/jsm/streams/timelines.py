"""The stream of timelines: who was on call when, month by month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from airbyte_cdk.models import FailureType

from source_opsgenie.http.body import Body, Row, UnusableBodyError, data_at, found_at
from source_opsgenie.http.errors import NOT_ACCEPTED_STATUSES, ApiError, system_error
from source_opsgenie.http.paging import Page, Params, Value
from source_opsgenie.http.timestamps import DAY, HOUR, cursor_to_millis
from source_opsgenie.jsm.paging import ValuesPaging
from source_opsgenie.jsm.rows import schedules as rows
from source_opsgenie.jsm.streams.schedules import ScheduleSubStream
from source_opsgenie.streams.base import Parent
from source_opsgenie.streams.timelines import END_DATE, MonthlyTimelines, month_after, month_of, month_start

FINAL = "final"
# They are sent only if `expand` asks for them; `final` is their result.
EXPANDABLE = ("base", "override", "forwarding")

EXPAND = "expand"

# The parameter is an array in Atlassian's document, so it is repeated; Opsgenie's was separated by commas. Which form
# the API accepts is not documented.
FORMS: tuple[Value, ...] = (EXPANDABLE, ",".join(EXPANDABLE))

# If an answer has so many of the layers asked for, the form of the parameter is right.
PROOF = 2

# "May reach at most one year back", in milliseconds, less an hour for clocks that differ.
REACH = 365 * DAY - HOUR

# How long periods wait for names, in milliseconds.
LONGEST_WAIT_FOR_NAMES = 30 * DAY

NO_NAMES = (
    "names of %s are missing in the periods that this sync reads, because they could not be read. The periods are not "
    "read again; their ids are those of %s."
)
MONTH_TOO_OLD = (
    "JSM Operations shows the timelines of one year only, and %s became older than a year during the sync, so its "
    "periods are not read."
)
NO_LAYERS = (
    "an answer of JSM Operations does not have all layers, and does not say whether the missing ones are empty: "
    "periods of overrides and of forwarding may be missing. The layer 'final' contains their result."
)
MONTH_REFUSED = "JSM Operations refuses the timelines of %s, which is a year ago, so its periods are not read."


def periods(body: Body) -> list[Any]:
    """Return the periods of a schedule's timeline, which are nested three deep: timelines, rotations, periods.

    Each has the columns of its layer and its rotation. A rotation without periods has none in the range asked for. A
    layer may have no rotations, except the final one: its rotations show that the answer is a timeline.
    """
    return [period for layer in (FINAL, *EXPANDABLE) for period in _periods_of(body, layer)]


def layers(body: Body) -> list[str]:
    """Return the layers in an answer, of those that are sent on request only."""
    return [layer for layer in EXPANDABLE if body.get(_timeline(layer)) is not None]


def _timeline(layer: str) -> str:
    return f"{layer}Timeline"


def _periods_of(body: Body, layer: str) -> Iterator[Any]:
    name = _timeline(layer)
    if layer != FINAL and _is_empty(body, layer):
        return
    for rotation in found_at(body, f"{name}.rotations", list):
        if not isinstance(rotation, dict):
            yield rotation
            continue
        place = {
            "layer": layer,
            "rotation_id": rotation.get("id") or "",
            "rotation_name": rotation.get("name"),
            "rotation_order": rotation.get("order"),
            "rotation_deleted": rotation.get("deleted"),
        }
        rotation_periods = rotation.get("periods")
        if rotation_periods is not None and not isinstance(rotation_periods, list):
            raise UnusableBodyError(f"an answer whose '{name}.rotations.periods' is not a list")
        for period in rotation_periods or []:
            yield {**place, **period} if isinstance(period, dict) else period


def _is_empty(body: Row, layer: str) -> bool:
    """Return whether a layer has no rotations.

    Overrides and forwarding may be absent, because Atlassian's schema requires no layer, but not from an answer that
    names the layers that it has expanded, and not them.
    """
    name, expanded = _timeline(layer), _expanded(body)
    if layer != "base" and body.get(name) is None and (expanded is None or layer in expanded):
        return True
    return data_at(body, f"{name}.rotations") is None


def _expanded(body: Row) -> list[Any] | None:
    """Return the layers that an answer says it has expanded; None if it does not say."""
    expanded = body.get("_expands")
    return expanded if isinstance(expanded, list) else None


ONLY_FINAL = ValuesPaging(rows_in=lambda body: list(_periods_of(body, FINAL)))


class ScheduleTimelines(MonthlyTimelines, ScheduleSubStream):
    """The on-call periods that have ended, of each schedule and each of its layers: one row for each period.

    JSM shows one year. Older rows that earlier syncs have read stay in the table.
    """

    list_path = "v1/schedules/{id}/timeline"
    paging = ValuesPaging(rows_in=periods)
    translation = staticmethod(rows.schedule_timeline)
    beyond_reach = (
        "JSM Operations shows the timelines of one year only, so months before {first} are not asked for. What was "
        "read of them from Opsgenie stays in the table, unless this sync replaces the table."
    )

    _form: Value | None = None  # of `expand`; None as long as neither is proven

    def parents(self) -> Iterator[Parent]:
        """Yield the schedules.

        Raises:
            ApiError: a list of names could not be read this time. Periods are emitted once, so they wait for their
                names. They do not wait for names that cannot be read at all, nor for those of one team, nor for longer
                than a month, because JSM forgets periods after a year.
        """
        schedules = list(super().parents())
        names = self.context.names
        for kind, error in names.failed.items():
            may_pass = error.failure_type == FailureType.transient_error and kind not in names.partial
            if may_pass and not self._has_waited:
                raise error.named(self.name)
            self.warn_once(NO_NAMES % (kind, kind))
        return iter(schedules)

    @property
    def _has_waited(self) -> bool:
        """Return whether the last period was read so long ago that the stream no longer waits for names."""
        cursor = cursor_to_millis(self.given.get(END_DATE))
        return cursor is not None and cursor < (self.context.clock.latest or self.now) - LONGEST_WAIT_FOR_NAMES

    def first_month(self) -> date | None:
        """Return the month of a year ago."""
        return month_of(self.now - REACH)

    @property
    def _farthest(self) -> int:
        """Return the earliest moment that the API still shows; it moves on while a long sync reads other streams."""
        return (self.context.clock.latest or self.now) - REACH

    def moment_of(self, month: date) -> int:
        """Return the moment to ask for a month; for the first month, one that the API still shows."""
        return max(super().moment_of(month), self._farthest)

    def rows_of(self, parent: Parent) -> Iterator[Row]:
        """Return one schedule's periods that are due; none if the month is too old for the API."""
        if self._farthest >= month_start(month_after(self.month)):
            self.warn_once(MONTH_TOO_OLD % f"{self.month:%Y-%m}")
            return iter(())
        try:
            return super().rows_of(parent)
        except ApiError as error:
            # Whether the year counts from the date asked for, or from the beginning of its month, is not documented.
            if month_start(self.month) > self._farthest or error.status not in NOT_ACCEPTED_STATUSES:
                raise
        self.warn_once(MONTH_REFUSED % f"{self.month:%Y-%m}")
        return iter(())

    def pages(self, parent: Parent, asked: Params) -> Iterator[Page]:
        """Ask for a schedule's timeline in all layers, in the form that the API accepts.

        Raises:
            RefusedError: the timeline is refused.
            ApiError: the call failed for good, or a layer is missing.
        """
        if not self.may_ask(parent):
            return
        if self._form is None:
            yield self._first(parent, asked)
        else:
            yield self.page(parent, {**asked, EXPAND: self._form})

    def _first(self, schedule: Parent, asked: Params) -> Page:
        """Return the more complete answer of the two forms, and keep the form that its answer proves.

        A form that is refused, while the other one is answered, proves the other one, too.
        """
        bodies: dict[Value, Body] = {}
        refused = None
        for form in FORMS:
            try:
                bodies[form] = self.page(schedule, {**asked, EXPAND: form}, paging=ONLY_FINAL).body
            except ApiError as error:
                if error.status not in NOT_ACCEPTED_STATUSES:
                    raise
                refused = error
                continue
            if len(layers(bodies[form])) >= PROOF:
                self._form = form
                break
        if refused is not None:
            if not bodies:
                raise refused
            (self._form,) = bodies
        body = max(bodies.values(), key=lambda each: len(layers(each)))
        if len(layers(body)) < PROOF and _expanded(body) is None:
            self.warn_once(NO_LAYERS)
        try:
            return Page(self.shaped(periods(body), schedule), None, body)
        except UnusableBodyError as error:
            raise system_error(f"{self.name}: the answer cannot be used: {error}.") from error
