"""The console script `source-opsgenie`: spec, check, discover and read on the command line."""

from __future__ import annotations

import os
import sys

from airbyte_cdk.entrypoint import launch

from source_opsgenie.source import SourceOpsgenie


def run() -> None:
    """Hand the command line to the CDK's entry point."""
    arguments = sys.argv[1:]
    if "--debug" in arguments:
        # With `--debug` alone the CDK prints lines of type DEBUG, which the protocol does not know;
        # with its debug level set by environment the same lines come as LOG messages.
        os.environ["LOG_LEVEL"] = "debug"
    launch(SourceOpsgenie(), arguments)


if __name__ == "__main__":
    run()
