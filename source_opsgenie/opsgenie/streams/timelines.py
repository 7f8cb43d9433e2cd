"""The stream of timelines: who was on call when, month by month."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from source_opsgenie.http.body import found_at
from source_opsgenie.opsgenie.paging import NoPaging
from source_opsgenie.opsgenie.streams.schedules import ScheduleSubStream
from source_opsgenie.streams.timelines import MonthlyTimelines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from source_opsgenie.http.body import Body, Row

LAYERS = ("final", "base", "override", "forwarding")


def _periods_of(body: Body) -> list[Any]:
    """Return the periods, nested three deep, with the names of the rotation and the layer around them."""
    return [period for layer in LAYERS for period in _periods(found_at(body, "data", dict), layer)]


def _periods(data: Row, layer: str) -> Iterator[Any]:
    for rotation in _listed(data.get(f"{layer}Timeline"), "rotations"):
        for period in _listed(rotation, "periods"):
            if not isinstance(period, dict):
                yield period
                continue
            yield {
                "layer": layer,
                "rotation_id": rotation.get("id") or "",
                "rotation_name": rotation.get("name"),
                "rotation_order": rotation.get("order"),
                **period,
            }


def _listed(holder: Any, name: str) -> list[Any]:
    """Return a list inside an object. A value of another type is returned as a row, which causes a warning."""
    value = holder.get(name) if isinstance(holder, dict) else holder
    if value is None:
        return []
    return value if isinstance(value, list) and isinstance(holder, dict) else [value]


class ScheduleTimelines(MonthlyTimelines, ScheduleSubStream):
    """Every period of every schedule that has ended: a row each, in each of its layers."""

    list_path = "v2/schedules/{id}/timeline"
    paging = NoPaging(rows_in=_periods_of)
    parameters = {**MonthlyTimelines.parameters, "expand": "base,forwarding,override"}
