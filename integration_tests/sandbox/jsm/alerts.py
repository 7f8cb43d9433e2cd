"""Alerts and the lists below each of them, in JSM's words."""

from __future__ import annotations

from integration_tests.sandbox.account import Account
from integration_tests.sandbox.jsm.ids import Ids
from integration_tests.sandbox.jsm.settings import JsmSettings
from integration_tests.sandbox.query import Row
from integration_tests.sandbox.text import millis, stamp

SAME = (
    *("tinyId", "createdAt", "updatedAt", "message", "source", "alias", "tags", "acknowledged", "count", "owner"),
    *("snoozed", "snoozedUntil", "priority", "seen"),
)
# One alert in so many has a property that is no text: the document says texts, its own example holds false.
ODD_PROPERTY_EVERY = 7
NOT_IN_THIN = ("description", "extraProperties")
# What the examples leave out where it is empty.
SPARSE = (*NOT_IN_THIN, "entity", "actions")


class Alerts:
    """The alerts as they are now."""

    def __init__(self, account: Account, ids: Ids) -> None:
        self.account = account
        self.ids = ids

    def single(self, index: int, settings: JsmSettings) -> Row:
        """Return one alert in full."""
        detail = self.account.alerts.detail(index)
        row: Row = {"id": self.ids.alert(index)} | {name: detail[name] for name in SAME if name in detail}
        integration, report = detail.get("integration", {}), detail.get("report", {})
        row |= {
            "entity": detail["entity"],
            "description": detail["description"],
            "actions": detail["actions"],
            "extraProperties": dict(detail["details"]),
            "status": _status(detail, settings),
            "lastOccuredAt": detail["lastOccurredAt"],
            "responders": [self.ids.reference(each) for each in detail["responders"]],
        }
        if index % ODD_PROPERTY_EVERY == 1:
            row["extraProperties"]["backend"] = False
        row |= {
            f"integration{name.capitalize()}": integration[name] for name in ("type", "name") if name in integration
        }
        created = millis(detail["createdAt"])
        return row | {name: stamp(created + report[name]) for name in ("ackTime", "closeTime") if name in report}

    def listed(self, index: int, settings: JsmSettings) -> Row:
        """Return one alert as the list shows it."""
        row = self.single(index, settings)
        if settings.alert_list == "thin":
            return {name: value for name, value in row.items() if name not in NOT_IN_THIN}
        if settings.alert_list == "sparse":
            return {name: value for name, value in row.items() if value or name not in SPARSE}
        return row

    def logs(self, index: int) -> list[tuple[str, Row]]:
        """Return the activity log, oldest first, each line with its cursor."""
        return [
            (
                row["offset"],
                {"logTime": row["createdAt"], "logType": row["type"], "log": row["log"], "owner": row["owner"]},
            )
            for row in self.account.alerts.logs(index)
        ]

    def notes(self, index: int) -> list[tuple[str, Row]]:
        """Return the notes, oldest first, each with its cursor."""
        return [
            (
                row["offset"],
                {"id": row["offset"], "createdAt": row["createdAt"], "updatedAt": row["createdAt"]}
                | {"note": row["note"], "owner": row["owner"]},
            )
            for row in self.account.alerts.notes(index)
        ]

    def attachments(self, index: int) -> list[tuple[str, Row]]:
        """Return the attached files, each with its cursor."""
        created = self.account.alerts.created[index]
        return [
            (str(row["id"]), {"id": str(row["id"]), "attachmentName": row["name"], "insertedAt": stamp(created + at)})
            for at, row in enumerate(self.account.alerts.attachments(index))
        ]


def _status(row: Row, settings: JsmSettings) -> str:
    status: str = row["status"]
    if status != "open" or settings.alert_status == "two":
        return status
    if row["snoozed"]:
        return "snoozed"
    return "acked" if row["acknowledged"] else "open"
