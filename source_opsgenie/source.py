"""The source as Airbyte uses it: spec, check, discover and read."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from airbyte_cdk.models import AirbyteMessage, AirbyteStateMessage, ConfiguredAirbyteCatalog, ConnectorSpecification
from airbyte_cdk.sources import AbstractSource
from airbyte_cdk.sources.streams import Stream
from airbyte_cdk.utils.airbyte_secrets_utils import get_secrets

from source_opsgenie import inputs
from source_opsgenie.catalog import NAMES, streams_of
from source_opsgenie.config import SHORTEST_KEY, Config
from source_opsgenie.engine.lanes import Lanes, by_domain
from source_opsgenie.engine.progress import Reporter
from source_opsgenie.http.errors import ApiError, config_error
from source_opsgenie.http.limiter import StoppedError
from source_opsgenie.http.redact import SECRETS
from source_opsgenie.jsm.check import check_site
from source_opsgenie.opsgenie.backend import IF_MOVED
from source_opsgenie.opsgenie.check import check_account
from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.list_check import list_calls

DOCUMENTATION_URL = "https://docs.airbyte.com/integrations/sources/opsgenie"


class SourceOpsgenie(AbstractSource):
    """Copies an Opsgenie account, or the same account after its move to JSM Operations."""

    # `Config` validates instead: its messages name the field and say what to write, and contain no value.
    check_config_against_spec = False

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._told_to_end = False

    def end(self) -> None:
        """End the sync that is running or about to begin."""
        self._told_to_end = True
        self.stop.set()

    read_config = staticmethod(inputs.read_config)
    read_catalog = staticmethod(inputs.read_catalog)
    read_state = staticmethod(inputs.read_state)

    def configure(self, config: Mapping[str, Any], temp_dir: str) -> Mapping[str, Any]:  # noqa: ARG002 - the CDK's signature
        """Take the configuration, and mask its secrets from now on.

        The CDK's own method would write the configuration, with the key, to a temporary folder that nobody reads.
        """
        secrets = [value for value in get_secrets(Config.specification(), config) if isinstance(value, str)]
        # `Config` refuses a very short key; masking one would replace parts of every message.
        SECRETS.keep(secret for secret in secrets if len(secret.strip()) >= SHORTEST_KEY)
        return config

    def spec(self, logger: logging.Logger) -> ConnectorSpecification:  # noqa: ARG002 - the CDK's signature
        """Return what a user fills in."""
        return ConnectorSpecification(
            documentationUrl=DOCUMENTATION_URL, connectionSpecification=Config.specification()
        )

    def check_connection(self, logger: logging.Logger, config: Mapping[str, Any]) -> tuple[bool, Any]:
        """Return whether the key can read the account and, if not, why. The log names what it cannot read."""
        try:
            valid = Config.parse(config)
            for warning in valid.warnings:  # before the check: a misspelled key may be why it fails
                logger.warning(warning)
            lists = list_calls(streams_of(valid, self.stop))
            check = check_account if valid.jira_service_management is None else check_site
            for warning in check(valid, lists):  # about each stream that a sync will skip
                logger.warning(warning)
        except ApiError as error:
            return False, error  # the CDK shows its `repr`, which is the sentence alone
        return True, None

    def streams(self, config: Mapping[str, Any]) -> list[Stream]:
        """Create the streams, anew for each sync. No call is made yet."""
        return list(streams_of(Config.parse(config), self.stop))

    def read(
        self,
        logger: logging.Logger,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage] | None = None,
    ) -> Iterator[AirbyteMessage]:
        """Read the streams of the catalog, with one lane for each rate-limit domain of the API.

        Raises:
            ApiError: a configuration error; or the streams that failed, each named once.
            StoppedError: the sync was told to stop.
        """
        valid = Config.parse(config)
        for warning in valid.warnings:
            logger.warning(warning)
        self.stop = threading.Event()  # the previous one was set when its read ended
        if self._told_to_end:
            raise StoppedError
        streams = streams_of(valid, self.stop, frozenset(each.stream.name for each in catalog.streams))
        _refuse_duplicates(catalog)
        _warn_of_unknown_streams(state or [], logger)
        lanes = Lanes(by_domain(streams, catalog.streams), Reporter(streams), self.stop)
        yield from lanes.read(logger, state)
        if lanes.failed:
            failures = "\n".join(
                message if message.startswith(f"{name}: ") else f"{name}: {message}"
                for name, message in lanes.failed.items()
            )
            raise config_error(f"These streams were not read completely: {failures}")
        _refuse_empty_sync(streams, catalog, IF_MOVED if valid.jira_service_management is None else "")


def _refuse_duplicates(catalog: ConfiguredAirbyteCatalog) -> None:
    names = [configured.stream.name for configured in catalog.streams]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise config_error(f"The catalog lists a stream more than once: {', '.join(twice)}. List each of them once.")


def _warn_of_unknown_streams(states: Sequence[AirbyteStateMessage], logger: logging.Logger) -> None:
    names = {state.stream.stream_descriptor.name for state in states if state.stream is not None}
    unknown = sorted(names.difference(NAMES))
    if unknown:
        logger.warning("The state names streams that do not exist, and is not used for them: %s.", ", ".join(unknown))


def _refuse_empty_sync(streams: Sequence[ApiStream], catalog: ConfiguredAirbyteCatalog, advice: str) -> None:
    """Fail a sync in which every stream was skipped: an empty success would hide that nothing can be read."""
    selected = {configured.stream.name for configured in catalog.streams}
    why = {stream.name: stream.skips.because for stream in streams if stream.name in selected}
    if why and all(why.values()):
        reasons = " ".join(f"{name}: {reason}." for name, reason in why.items())
        text = f"Nothing was read, because every selected stream was skipped. {reasons} {advice}"
        raise config_error(text.rstrip())
