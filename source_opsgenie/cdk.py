"""The parts of the CDK that the connector uses although the CDK's documentation does not promise them.

`unit_tests/test_cdk_contract.py` shows that each of them still exists. Besides, `run.py` overrides two hooks of the
CDK's entry point.
"""

from __future__ import annotations

from airbyte_cdk.logger import PRINT_BUFFER, AirbyteLogFormatter
from airbyte_cdk.sources.utils.files_directory import get_files_directory

__all__ = ["PRINT_BUFFER", "get_files_directory"]

# The beginning of the error that the read loop raises at its end if streams have failed.
FAILED_STREAMS = "During the sync"

# The protocol's log levels, by Python's.
LEVELS = AirbyteLogFormatter.level_mapping

# The modules whose log lines quote answers: the client, and its retries.
CLIENT_MODULE = "http_client"
RETRY_MODULE = "rate_limiting"

# What the client attaches to its debug lines: headers hold the key, bodies may hold an integration's secrets.
ATTACHMENTS = ("headers", "body", "request_body")
