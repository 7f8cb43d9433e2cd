"""Terraform, with a provider that stands in for Airbyte's: that one cannot be had without HashiCorp's registry."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Any

from integration_tests.commands import fences
from integration_tests.connector import Connector
from integration_tests.places import Place, packages
from source_opsgenie.config import Config

if TYPE_CHECKING:
    from integration_tests.sandbox.client import Sandbox

MISSING = "" if which("terraform") else "There is no Terraform here (HashiCorp's; Debian has no package of it)."

FRAMEWORK = "tf==1.2.0"  # for providers in Python
PROVIDER = Path(__file__).with_name("terraform_provider.py")
VERSION = "1.0.0"
MIRRORED = f"registry.terraform.io/airbytehq/airbyte/{VERSION}/linux_amd64"

# What Airbyte's provider calls the best way to copy a stream, by the last of the modes that the connector offers.
BEST = {"incremental": "incremental_deduped_history", "full_refresh": "full_refresh_overwrite"}

SETTINGS = """
disable_checkpoint = true
provider_installation {{
  filesystem_mirror {{
    path = "{mirror}"
  }}
}}
"""


class Terraform(Place):
    """With a mirror of providers that holds the one, and the page's own variables."""

    def __init__(self, parent: Path, account: Sandbox) -> None:
        super().__init__(parent, account)
        programs = packages.environment(parent / "provider", FRAMEWORK)
        folder = parent / "mirror" / MIRRORED
        folder.mkdir(parents=True)
        program = folder / f"terraform-provider-airbyte_v{VERSION}"
        program.write_text(f'#!/bin/sh\nexec "{programs}/python" "{PROVIDER}" "$@"\n')
        program.chmod(0o755)
        settings = parent / "terraformrc"
        settings.write_text(SETTINGS.format(mirror=parent / "mirror"))
        # The framework keeps a certificate at home.
        self.environment |= {"TF_CLI_CONFIG_FILE": str(settings), "HOME": str(parent)}
        (variables,) = [fence for fence in fences() if fence.language == "hcl"]
        (self.folder / "examples" / "terraform" / "accounts.tfvars").write_text(variables.text)
        self.typed = "yes\n"
        self.catalog = Connector(parent, {"api_token": account.key(), "endpoint": account.url}).catalog()

    def verify(self) -> None:
        """See what was made: the connector, a source, and a connection with every stream in its best mode."""
        state = json.loads((self.folder / "examples" / "terraform" / "terraform.tfstate").read_text())
        made: dict[str, Any] = {}
        for resource in state["resources"]:
            (instance,) = resource["instances"]
            made[resource["type"]] = instance["attributes"]
        definition, source, connection = (
            made.pop(f"airbyte_{kind}") for kind in ("source_definition", "source", "connection")
        )
        assert made == {}

        assert definition["docker_repository"] == "registry.example.com/airbyte/source-opsgenie"
        assert definition["docker_image_tag"] == "1.0.0"

        configuration = json.loads(source["configuration"])
        assert configuration == {"api_token": "...", "endpoint": "api.opsgenie.com", "rate_limit_share": 80}
        Config.parse({**configuration, "api_token": "no-key-at-all"})
        assert source["definition_id"] == definition["id"]

        assert connection["source_id"] == source["source_id"]
        # Terraform itself lets names inside an argument pass that do not exist.
        assert connection["schedule"] == {"schedule_type": "cron", "cron_expression": "0 15 * * * ?"}
        assert connection["prefix"] == "opsgenie_payments_"
        modes = {each["name"]: each["sync_mode"] for each in connection["configurations"]["streams"]}
        assert modes == {name: BEST[stream["supported_sync_modes"][-1]] for name, stream in self.catalog.items()}
