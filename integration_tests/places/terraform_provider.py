"""Stands in for Airbyte's provider: has the resources and arguments of it that are recorded, and makes nothing.

Terraform itself starts it, in an environment that has the package `tf`; it uses nothing of this project but the facts.
"""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

from tf.gen import tfplugin_pb2 as protocol  # type: ignore[import-not-found]
from tf.iface import Provider, Resource  # type: ignore[import-not-found]
from tf.runner import run_provider  # type: ignore[import-not-found]
from tf.schema import Attribute, Schema  # type: ignore[import-not-found]
from tf.types import NormalizedJson, String  # type: ignore[import-not-found]

FACTS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "unit_tests" / "facts" / "examples.json").read_text())[
    "terraform"
]

# What may be said of a few arguments only, from the page on airbyte_connection in the same documentation as the facts.
CHOICES = {
    "schedule_type": ["manual", "cron"],
    "non_breaking_schema_updates_behavior": ["ignore", "disable_connection", "propagate_columns", "propagate_fully"],
    "sync_mode": FACTS["sync_modes"],
}

ONE = protocol.Schema.Object.NestingMode.SINGLE
LIST = protocol.Schema.Object.NestingMode.LIST


class Nested(Attribute):  # type: ignore[misc]  # its package is not where types are checked
    """An argument with arguments of its own, which the framework does not know."""

    def __init__(self, name: str, nesting: int, *inside: Attribute) -> None:
        super().__init__(name, String(), optional=True)
        self.nesting = nesting
        self.inside = inside

    def to_pb(self) -> Any:  # noqa: ANN401 - the protocol's
        """Describe it to Terraform."""
        described = super().to_pb()
        described.ClearField("type")
        described.nested_type.nesting = self.nesting
        described.nested_type.attributes.extend(each.to_pb() for each in self.inside)
        return described


def optional(name: str) -> Attribute:
    """Describe a text that may be left out."""
    return Attribute(name, String(), optional=True)


# Arguments that are no texts; from the page on airbyte_connection as well.
OTHERS = {
    "configuration": Attribute("configuration", NormalizedJson(), required=True),
    "configurations": Nested("configurations", ONE, Nested("streams", LIST, optional("name"), optional("sync_mode"))),
    "schedule": Nested("schedule", ONE, optional("cron_expression"), optional("schedule_type")),
}


def said(value: Any) -> list[tuple[str, Any]]:  # noqa: ANN401 - any value of Terraform's
    """Give every argument with its value, those inside others as well."""
    if isinstance(value, list):
        return [each for part in value for each in said(part)]
    if isinstance(value, dict):
        return [*value.items(), *said(list(value.values()))]
    return []


class Recorded(Resource):  # type: ignore[misc]  # as above
    """A resource, as the facts have it."""

    kind = ""

    def __init__(self, provider: Provider) -> None:
        """Take nothing of the provider's."""

    @classmethod
    def get_name(cls) -> str:
        return cls.kind

    @classmethod
    def facts(cls) -> dict[str, list[str]]:
        facts: dict[str, list[str]] = FACTS[f"airbyte_{cls.kind}"]
        return facts

    @classmethod
    def get_schema(cls) -> Schema:
        return Schema(
            version=0,
            attributes=[
                *(OTHERS.get(name) or Attribute(name, String(), required=True) for name in cls.facts()["required"]),
                *(OTHERS.get(name) or optional(name) for name in cls.facts()["optional"]),
                *(Attribute(name, String(), computed=True) for name in cls.facts()["read_only"]),
            ],
        )

    def validate(self, diags: Any, type_name: str, config: Any) -> None:  # noqa: ANN401 - the framework's
        super().validate(diags, type_name, config)
        for name, value in said(config):
            if isinstance(value, str) and value not in CHOICES.get(name, [value]):
                diags.add_error(f"{name} cannot be {value}")

    def create(self, _ctx: object, planned: dict[str, Any]) -> dict[str, Any]:
        return {**planned, **{name: str(uuid.uuid4()) for name in self.facts()["read_only"]}}

    def read(self, _ctx: object, current: dict[str, Any]) -> dict[str, Any]:
        return current

    def update(self, _ctx: object, _current: object, planned: dict[str, Any]) -> dict[str, Any]:
        return planned

    def delete(self, _ctx: object, _current: object) -> None:
        """Nothing was made."""


class SourceDefinition(Recorded):
    """The connector."""

    kind = "source_definition"


class Source(Recorded):
    """An account."""

    kind = "source"


class Connection(Recorded):
    """What is copied of it, and when."""

    kind = "connection"


class Airbyte(Provider):  # type: ignore[misc]  # as above
    """The provider."""

    def get_model_prefix(self) -> str:
        return "airbyte_"

    def full_name(self) -> str:
        return "registry.terraform.io/airbytehq/airbyte"

    def get_provider_schema(self, _diags: object) -> Schema:
        return Schema(attributes=[optional(name) for name in FACTS["provider"]])

    def validate_config(self, _diags: object, _config: object) -> None:
        """Terraform has checked the names."""

    def configure_provider(self, _diags: object, _config: object) -> None:
        """There is no Airbyte to talk to."""

    def get_data_sources(self) -> list[type[Any]]:
        return []

    def get_resources(self) -> list[type[Recorded]]:
        return [SourceDefinition, Source, Connection]


if __name__ == "__main__":
    run_provider(Airbyte())
