"""Users and what belongs to each of them: contacts, notification rules, forwarding rules."""

from __future__ import annotations

from integration_tests.sandbox.configuration.parts import (
    CRITERIA,
    TIME_RESTRICTIONS,
    TIME_ZONES,
    References,
    Row,
    duration,
    typed,
)
from integration_tests.sandbox.noise import Draw, uuid
from integration_tests.sandbox.text import DAY, stamp

FIRST_NAMES = ("Rosa", "Ken", "Zoë", "Łukasz", "美咲", "Amara", "John")
LAST_NAMES = ("Diaz", "Ito", "Müller", "O'Neil", "Nowak", "Sørensen", "佐藤")
CONTACT_METHODS = ("email", "sms", "voice", "mobile")
ABOUT_SCHEDULES = ("schedule-start", "schedule-end")
RULE_ACTIONS = (
    "create-alert",
    "acknowledged-alert",
    "closed-alert",
    "renotified-alert",
    "assigned-alert",
    "add-note",
    *ABOUT_SCHEDULES,
    "incoming-call-routing",
)
RULE_SUMMARY = ("id", "name", "actionType", "order", "enabled")
USERS_PER_FORWARDING_RULE = 4
# Days from now at which forwarding rules begin; each lasts three days. The first one holds at this moment.
FORWARDING_STARTS = (-1, -40, 20)
FORWARDING_DAYS = 3


class People:
    """All users. The first one has everything that a user can have."""

    def __init__(self, seed: int, references: References, now: int) -> None:
        self.seed = seed
        self.references = references
        self.now = now
        self._users = {row["id"]: row for row in map(self._user, range(len(references.users)))}
        self._ordered: dict[tuple[str, bool], list[Row]] = {}
        rules = max(len(FORWARDING_STARTS), len(references.users) // USERS_PER_FORWARDING_RULE)
        self._forwarding_rules = [self._forwarding_rule(index) for index in range(rules)]

    def _user(self, index: int) -> Row:
        draw = Draw(self.seed, "user", index)
        first, last = draw.pick(FIRST_NAMES), draw.pick(LAST_NAMES)
        role = "Owner" if index == 0 else draw.pick(("Admin", "User", "Night shift"))
        address = dict.fromkeys(("country", "state", "city", "line", "zipCode"), "")
        if index == 0:
            address |= {"country": "ES", "state": "Madrid", "city": "Madrid"}
            address |= {"line": "Calle Mayor 1", "zipCode": "28013"}
        row: Row = {
            "blocked": draw.one_in(20),
            "verified": not draw.one_in(4),
            **self.references.users[index],
            "fullName": f"{first} {last}",
            "role": {"id": uuid(self.seed, "role", 0) if role == "Night shift" else role, "name": role},
            "timeZone": draw.pick(TIME_ZONES),
            "locale": draw.pick(("en_US", "en_GB", "de_DE")),
            "userAddress": address,
            "createdAt": stamp(self.now - 400 * DAY - draw.below(600) * DAY - draw.below(DAY)),
        }
        if index % 2 == 0:
            row |= {"tags": ["sre"], "details": {"costCenter": [str(draw.below(9_000))], "skills": []}}
        if index % 3 == 0:
            row["skypeUsername"] = f"user.{index}"
        if index % 9 == 0:
            row["mutedUntil"] = stamp(self.now + draw.below(DAY))
        return row

    def users(self) -> list[Row]:
        """Return every user, as listed."""
        return list(self._users.values())

    def ordered(self, name: str, *, descending: bool) -> list[Row]:
        """Return every user, ordered by the text of a field. The order is kept for the other pages of the list."""
        order = name, descending
        if order not in self._ordered:
            self._ordered[order] = sorted(self.users(), key=lambda row: str(row[name]), reverse=descending)
        return self._ordered[order]

    def user_id(self, identifier: str) -> str | None:
        """Return the id for an id or a username."""
        if identifier in self._users:
            return identifier
        return next((row["id"] for row in self._users.values() if row["username"] == identifier), None)

    def user(self, user_id: str, *, with_contacts: bool) -> Row:
        """Return one user, as the single GET shows it."""
        row = self._users[user_id]
        if not with_contacts:
            return row
        return row | {
            "userContacts": [
                {"to": each["to"], "id": each["id"], "contactMethod": each["method"]} | each["status"]
                for each in self.contacts(user_id)
            ]
        }

    def contacts(self, user_id: str) -> list[Row]:
        """Return how a user can be reached."""
        draw = Draw(self.seed, "contacts", user_id)
        is_first = user_id == self.references.user_ids[0]
        count = draw.below(4)
        rows: list[Row] = []
        for at, method in enumerate(CONTACT_METHODS if is_first else CONTACT_METHODS[:count]):
            enabled = not draw.one_in(3) and method != "mobile"
            username = self._users[user_id]["username"]
            rows.append(
                {
                    "id": uuid(self.seed, "contact", user_id, at),
                    "method": method,
                    "to": username if method == "email" else f"34-{600_000_000 + draw.below(10**8)}",
                    "status": {"enabled": True}
                    if enabled
                    else {"enabled": False, "disabledReason": "Disabled by user"},
                    "applyOrder": at,
                }
            )
        return rows

    # Notification rules: the list shows a summary, the single GET everything.

    def notification_rules(self, user_id: str) -> list[Row] | None:
        """Return a user's rules, as listed."""
        if user_id not in self._users:
            return None
        return [{name: rule[name] for name in RULE_SUMMARY} for rule in self._rules(user_id)]

    def notification_rule(self, user_id: str, rule_id: str) -> Row | None:
        """Return one rule of a user in full."""
        if user_id not in self._users:
            return None
        return next((rule for rule in self._rules(user_id) if rule["id"] == rule_id), None)

    def notification_rule_steps(self, user_id: str, rule_id: str) -> list[Row] | None:
        """Return the steps of a rule, each with the rule it belongs to."""
        rule = self.notification_rule(user_id, rule_id)
        if rule is None:
            return None
        return [{"_parent": {"id": rule["id"], "name": rule["name"]}} | step for step in rule["steps"]]

    def _rules(self, user_id: str) -> list[Row]:
        draw = Draw(self.seed, "notification rules", user_id)
        is_first = user_id == self.references.user_ids[0]
        actions = list(RULE_ACTIONS) if is_first else draw.some(RULE_ACTIONS, 4)
        return [self._rule(user_id, at, action) for at, action in enumerate(actions)]

    def _rule(self, user_id: str, at: int, action: str) -> Row:
        draw = Draw(self.seed, "notification rule", user_id, at)
        rule: Row = {
            "id": uuid(self.seed, "notification rule", user_id, at),
            "name": action.replace("-", " ").capitalize(),
            "actionType": action,
            "order": at,
            "enabled": not draw.one_in(4),
            "criteria": CRITERIA[at % len(CRITERIA)],
        }
        if at % 2 == 0:
            rule["timeRestriction"] = TIME_RESTRICTIONS[at // 2 % len(TIME_RESTRICTIONS)]
        rule["steps"] = [self._step(rule, draw, user_id, step) for step in range(1 + draw.below(3))]
        if action in ABOUT_SCHEDULES:
            rule["notificationTime"] = ["just-before", "1-hour-ago"]
            rule["schedules"] = [typed("schedule", each) for each in self.references.schedules[:2]]
        else:
            rule["repeat"] = {"loopAfter": 10, "enabled": draw.one_in(2)}
        return rule

    def _step(self, rule: Row, draw: Draw, user_id: str, at: int) -> Row:
        method = CONTACT_METHODS[at % len(CONTACT_METHODS)]
        step: Row = {
            "id": uuid(self.seed, "step", rule["id"], at),
            "sendAfter": duration(5 * at),
            "contact": {"method": method, "to": self._users[user_id]["username"] if method == "email" else "34-600"},
            "enabled": not draw.one_in(5),
        }
        # The specification lets a step name its rule even inside that rule; some do.
        return {"_parent": {"id": rule["id"], "name": rule["name"]}} | step if rule["order"] == 0 else step

    # Forwarding rules

    def _forwarding_rule(self, index: int) -> Row:
        rule_id = uuid(self.seed, "forwarding rule", index)
        user = self.references.user
        lap, kind = divmod(index, len(FORWARDING_STARTS))
        start = self.now + (FORWARDING_STARTS[kind] - 7 * lap) * DAY
        return {
            "fromUser": user(index),
            "toUser": user(index + 1),
            "startDate": stamp(start),
            "endDate": stamp(start + FORWARDING_DAYS * DAY),
            "alias": rule_id if index % 2 else f"holiday {index}",
            "id": rule_id,
        }

    def forwarding_rules(self) -> list[Row]:
        """Return every forwarding rule; one without an alias of its own shows its id there."""
        return self._forwarding_rules

    def user_forwarding_rules(self, user_id: str) -> list[Row] | None:
        """Return the rules that forward a user's notifications."""
        if user_id not in self._users:
            return None
        return [rule for rule in self._forwarding_rules if rule["fromUser"]["id"] == user_id]
