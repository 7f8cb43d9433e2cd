"""The console script `source-opsgenie`: spec, check, discover and read on the command line."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.logger import PRINT_BUFFER

from source_opsgenie.config import Config
from source_opsgenie.source import SourceOpsgenie

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airbyte_cdk.models import ConnectorSpecification


class Entrypoint(AirbyteEntrypoint):
    """The CDK's entry point, but for how a configuration is validated."""

    @staticmethod
    def validate_connection(source_spec: ConnectorSpecification, config: Mapping[str, Any]) -> None:  # noqa: ARG004 - the CDK's signature
        """Validate by `Config`: its sentences name the field, those of a JSON schema do not.

        Raises:
            OpsgenieError: a configuration error, which the CDK turns into a failed check.
        """
        Config.parse(config)


def run() -> None:
    """Carry out the command line, a message a line on stdout."""
    arguments = sys.argv[1:]
    if "--debug" in arguments:
        # With `--debug` alone the CDK prints lines of type DEBUG, which the protocol does not know;
        # with its debug level set by environment the same lines come as LOG messages.
        os.environ["LOG_LEVEL"] = "debug"
    entrypoint = Entrypoint(SourceOpsgenie())
    parsed = entrypoint.parse_args(arguments)
    with PRINT_BUFFER:  # shared with the CDK's log handler, so that no line breaks into another
        for message in entrypoint.run(parsed):
            PRINT_BUFFER.write(f"{message}\n")


if __name__ == "__main__":
    run()
