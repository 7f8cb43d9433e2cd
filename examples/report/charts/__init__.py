"""The charts, a module each: drawn in two schemes from the same answers."""

from __future__ import annotations

from examples.report.charts.acknowledge_by_team import AcknowledgeByTeam
from examples.report.charts.alerts_by_week import AlertsByWeek
from examples.report.charts.chart import Chart
from examples.report.charts.noisiest_sources import NoisiestSources
from examples.report.charts.on_call_hours import OnCallHours
from examples.report.charts.pages_by_hour import PagesByHour

__all__ = ["AcknowledgeByTeam", "AlertsByWeek", "Chart", "NoisiestSources", "OnCallHours", "PagesByHour"]
