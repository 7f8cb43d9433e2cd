"""The objects people configure, all made from the seed; each group in a module of its own."""

from __future__ import annotations

from integration_tests.sandbox.configuration.callees import Callees
from integration_tests.sandbox.configuration.escalations import Escalations
from integration_tests.sandbox.configuration.integrations import Heartbeats, Integrations
from integration_tests.sandbox.configuration.oncalls import OnCalls
from integration_tests.sandbox.configuration.organisation import Organisation
from integration_tests.sandbox.configuration.parts import References
from integration_tests.sandbox.configuration.people import People
from integration_tests.sandbox.configuration.policies import Policies
from integration_tests.sandbox.configuration.schedules import Schedules
from integration_tests.sandbox.configuration.services import Services
from integration_tests.sandbox.configuration.teams import Teams
from integration_tests.sandbox.configuration.timelines import Timelines
from integration_tests.sandbox.sizes import Size


class Configuration:
    """Everything that is configured, and how its parts know of one another."""

    def __init__(self, seed: int, size: Size, now: int) -> None:
        self.references = References(
            seed,
            teams=size.teams,
            users=size.users,
            schedules=size.schedules,
            services=size.services,
            integrations=size.integrations,
        )
        self.people = People(seed, self.references, now)
        self.teams = Teams(seed, self.references, now)
        self.escalations = Escalations(seed, self.references)
        self.schedules = Schedules(seed, self.references, now)
        callees = Callees(self.teams, self.escalations)
        self.timelines = Timelines(self.schedules, self.people, callees)
        self.on_calls = OnCalls(self.schedules, self.timelines, callees)
        self.policies = Policies(seed, self.references)
        self.services = Services(seed, self.references, templates=size.templates)
        self.integrations = Integrations(seed, self.references)
        self.heartbeats = Heartbeats(self.references, now, size.teams)
        self.organisation = Organisation(seed, self.references, now, log_files=size.log_files)
        self.user_ids = self.references.user_ids
        self.user_refs = self.references.users
        self.usernames = [row["username"] for row in self.references.users]
        self.team_ids = self.references.team_ids
        self.team_names = self.teams.team_names
