"""How large a synthetic account is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """The counts an account is made of."""

    alerts: int
    incidents: int
    teams: int
    users: int
    schedules: int = 7
    services: int = 6
    integrations: int = 9
    templates: int = 3
    log_files: int = 60
    syncs: int = 3
    audit_logs: int = 600
    burst: int = 7  # alerts created in one and the same millisecond


PROFILES = {
    "small": Size(alerts=300, incidents=40, teams=6, users=14),
    "medium": Size(
        alerts=5_000,
        incidents=300,
        teams=20,
        users=100,
        schedules=20,
        services=120,
        integrations=40,
        templates=130,
        log_files=2_500,
    ),
    "large": Size(alerts=45_000, incidents=25_000, teams=50, users=500, schedules=50, services=300, integrations=100),
    "million": Size(alerts=1_000_000, incidents=500, teams=50, users=500),
}
