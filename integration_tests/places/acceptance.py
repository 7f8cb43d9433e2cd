"""Airbyte's standard tests: the configurations that they take, in `secrets`, as for an account of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integration_tests.places import Place

if TYPE_CHECKING:
    from pathlib import Path

    from integration_tests.sandbox.client import Sandbox


class Acceptance(Place):
    """With a configuration for each scenario."""

    def __init__(self, parent: Path, account: Sandbox) -> None:
        super().__init__(parent, account)
        config = {"api_token": account.key("full"), "endpoint": account.url}
        (self.folder / "secrets").mkdir()
        self.write("secrets/config.json", config)
        self.write("secrets/narrow.json", {**config, "alert_query": "status: open"})
        self.write("secrets/team_key.json", {**config, "api_token": account.key("team")})
        self.write("secrets/unknown_key.json", {**config, "api_token": account.key("unknown")})
