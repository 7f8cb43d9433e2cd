"""The account as JSM shows it, made from the one that Opsgenie shows."""

from __future__ import annotations

from integration_tests.sandbox.account import Account
from integration_tests.sandbox.jsm.alerts import Alerts
from integration_tests.sandbox.jsm.ids import Ids
from integration_tests.sandbox.jsm.integrations import Integrations
from integration_tests.sandbox.jsm.organisation import AuditLog, Maintenances, Roles
from integration_tests.sandbox.jsm.people import People
from integration_tests.sandbox.jsm.policies import Policies
from integration_tests.sandbox.jsm.schedules import Schedules
from integration_tests.sandbox.jsm.services import services
from integration_tests.sandbox.jsm.syncs import Syncs, channels
from integration_tests.sandbox.jsm.teams import Teams
from integration_tests.sandbox.sizes import Size

SITE = "https://acme.atlassian.net"


class MigratedAccount:
    """Everything that JSM can show. Its alerts are those of the account, as they are at each moment."""

    def __init__(self, account: Account, size: Size, seed: int, *, ids_changed: bool) -> None:
        configuration = account.configuration
        self.account = account
        self.seed = seed
        self.ids = Ids(seed, account, changed=ids_changed)
        self.alerts = Alerts(account, self.ids)
        self.people = People(seed, configuration, self.ids, SITE)
        self.teams = Teams(seed, configuration, self.ids)
        self.policies = Policies(configuration, self.ids)
        self.schedules = Schedules(seed, configuration, self.ids, configuration.schedules.now)
        self.integrations = Integrations(configuration, self.ids)
        self.syncs = Syncs(seed, self.teams, size.syncs)
        self.channels = channels(seed, self.ids)
        self.maintenances = Maintenances(configuration, self.ids, self.teams, self.syncs)
        self.roles = Roles(configuration, self.ids)
        self.audit_log = AuditLog(account, seed, self.ids, size.audit_logs)
        self.services = services(configuration, self.ids)
