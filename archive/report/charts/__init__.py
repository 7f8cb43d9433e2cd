"""The charts of the report, one in each module."""

from __future__ import annotations

from archive.report.charts.acknowledge_by_month import AcknowledgeByMonth
from archive.report.charts.acknowledge_by_priority import AcknowledgeByPriority
from archive.report.charts.acknowledge_by_team import AcknowledgeByTeam
from archive.report.charts.alerts_by_week import AlertsByWeek
from archive.report.charts.chart import Chart
from archive.report.charts.incidents_by_month import IncidentsByMonth
from archive.report.charts.load_by_person import LoadByPerson
from archive.report.charts.noisiest_sources import NoisiestSources
from archive.report.charts.noisy_alerts import NoisyAlerts
from archive.report.charts.on_call_hours import OnCallHours
from archive.report.charts.pages_by_hour import PagesByHour

__all__ = [
    "AcknowledgeByMonth",
    "AcknowledgeByPriority",
    "AcknowledgeByTeam",
    "AlertsByWeek",
    "Chart",
    "IncidentsByMonth",
    "LoadByPerson",
    "NoisiestSources",
    "NoisyAlerts",
    "OnCallHours",
    "PagesByHour",
]
