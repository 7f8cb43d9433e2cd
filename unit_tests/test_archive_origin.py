from __future__ import annotations

from pathlib import Path

import pytest

from archive import cost
from archive.damage import NotBegunError
from archive.origin import Origin, is_readable
from archive.owner import Owner, claim
from source_opsgenie import catalog
from source_opsgenie.config import Config
from source_opsgenie.jsm.backend import API_NAMES
from source_opsgenie.jsm.catalog import STREAMS as OF_JSM
from source_opsgenie.opsgenie.catalog import STREAMS as OF_OPSGENIE
from source_opsgenie.streams.catalog import name_of

KEY = {"api_token": "0123456789abcdef"}
SITE = {"site": "acme.atlassian.net", "email": "me@example.com", "organization_id": "o"}


def opsgenie(**further: str) -> Origin:
    return Origin.of(Config.parse({**KEY, **further}))


def jsm(**further: str) -> Origin:
    return Origin.of(Config.parse({**KEY, "jira_service_management": {**SITE, **further}}))


class TestOrigin:
    def test_of_opsgenie_has_the_tables_that_opsgenie_has(self) -> None:
        origin = opsgenie(endpoint="api.eu.opsgenie.com")
        assert {stream.name for stream in origin.streams} == set(map(name_of, OF_OPSGENIE))
        assert (origin.api, origin.host, origin.web) == (
            "Opsgenie",
            "api.eu.opsgenie.com",
            "https://app.eu.opsgenie.com",
        )
        assert origin.is_opsgenie
        assert not origin.is_sandbox
        assert origin.title("acme") == "Opsgenie account acme"
        assert origin.title("") == "Opsgenie account"

    def test_of_a_site_has_all_tables_and_calls_no_other_api(self) -> None:
        origin = jsm()
        readable = {stream.name for stream in origin.streams if is_readable(stream)}
        assert readable == set(map(name_of, OF_JSM))
        assert {stream.name for stream in origin.streams} == readable | set(catalog.NOT_IN_JSM)
        assert {stream.client.backend.name for stream in origin.streams} <= set(API_NAMES.values())
        assert (origin.api, origin.host, origin.web) == ("JSM Operations", "acme.atlassian.net", None)
        assert not origin.is_opsgenie
        assert origin.title("acme") == "JSM Operations of acme.atlassian.net"

    def test_on_this_machine_is_a_sandbox(self) -> None:
        assert opsgenie(endpoint="http://127.0.0.1:8642").is_sandbox
        assert jsm(site="http://127.0.0.1:8642").is_sandbox


class TestOwner:
    def test_a_folder_follows_its_account_to_a_site_once_and_not_back(self, tmp_path: Path) -> None:
        file = tmp_path / ".account.json"
        account = Owner("api.opsgenie.com", "acme")
        site = Owner.ask(jsm())  # without a call
        assert not claim(file, account)
        assert not claim(file, Owner("api.opsgenie.com", None))
        wrong = claim(file, Owner.ask(jsm(site="wrong.atlassian.net")))
        assert wrong is not None  # nothing was read from there, so it is not saved
        moved = claim(file, site)
        assert moved is not None
        moved.save(file)
        assert claim(file, site) is None
        assert Owner.load(file) == Owner("api.opsgenie.com", "acme", "acme.atlassian.net")
        with pytest.raises(
            NotBegunError, match=r"JSM Operations at acme\.atlassian\.net since .* UTC, so Opsgenie is not read into it"
        ):
            claim(file, account)
        with pytest.raises(NotBegunError, match=r"is for the account at other\.atlassian\.net"):
            claim(file, Owner.ask(jsm(site="other.atlassian.net")))

    def test_a_folder_that_was_started_from_a_site_is_not_read_from_opsgenie(self, tmp_path: Path) -> None:
        file = tmp_path / ".account.json"
        claim(file, Owner.ask(jsm()))
        with pytest.raises(NotBegunError, match=r"at acme\.atlassian\.net, so Opsgenie .* choose another OUTPUT"):
            claim(file, Owner("api.opsgenie.com", "acme"))

    def test_what_a_later_key_tells_is_kept_and_other_accounts_are_refused(self, tmp_path: Path) -> None:
        file = tmp_path / ".account.json"
        assert not claim(file, Owner(None, None))  # by a team's key
        assert not claim(file, Owner("api.opsgenie.com", "acme"))
        assert not claim(file, Owner(None, None))
        assert Owner.load(file) == Owner("api.opsgenie.com", "acme")
        for other in (Owner("api.opsgenie.com", "another"), Owner("api.eu.opsgenie.com", None)):
            with pytest.raises(
                NotBegunError,
                match=r"to the account acme at api\.opsgenie\.com, but .* a new name, remove .*\.account\.json and run",
            ):
                claim(file, other)

    def test_a_folder_of_an_older_version_is_read(self, tmp_path: Path) -> None:
        file = tmp_path / ".account.json"
        file.write_text('{"region": null, "name": "acme"}')
        assert Owner.load(file) == Owner(None, "acme")

    def test_the_port_is_no_part_of_a_site(self) -> None:
        assert Owner.ask(jsm(site="http://127.0.0.1:1")) == Owner.ask(jsm(site="http://127.0.0.1:2"))


def test_the_cost_of_a_copy_from_jsm_names_no_time() -> None:
    streams = [
        stream for stream in jsm().streams if stream.name in {"alerts", "alert_details", "alert_logs", "contacts"}
    ]
    assert cost.describe(streams, {"alerts": 98_000, "users": None}) == (
        "The account has 98,000 alerts. JSM Operations does not say how many users there are, so the calls for them "
        "are not included. This run takes up to about 196,980 calls. JSM Operations does not publish its rate limits, "
        "so the time cannot be estimated beforehand."
    )
    rest = cost.describe(streams, {"alerts": 98_000, "users": None}, is_resumed=True)
    assert "The rest of this run takes up to about 196,980 calls." in rest
