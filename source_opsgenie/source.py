"""The source as Airbyte sees it: spec, check, discover, read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airbyte_cdk.models import AirbyteConnectionStatus, ConnectorSpecification, Status
from airbyte_cdk.sources import AbstractSource

from source_opsgenie.api.auth import GenieKey
from source_opsgenie.api.errors import OpsgenieError, config_error
from source_opsgenie.api.probe import Probe
from source_opsgenie.config import Config
from source_opsgenie.streams.catalog import all_streams
from source_opsgenie.streams.context import Context

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator, Mapping, MutableMapping

    from airbyte_cdk.models import AirbyteMessage, AirbyteStateMessage, ConfiguredAirbyteCatalog
    from airbyte_cdk.sources.streams import Stream


DOCUMENTATION_URL = "https://docs.airbyte.com/integrations/sources/opsgenie"


class SourceOpsgenie(AbstractSource):
    """Copies an Opsgenie account."""

    # Config validates: its messages name the field and say what to write, and hold no value.
    check_config_against_spec = False

    @staticmethod
    def read_config(config_path: str) -> MutableMapping[str, Any]:
        """Read the configuration file.

        Raises:
            OpsgenieError: it cannot be read, or holds no JSON object.
        """
        try:
            return AbstractSource.read_config(config_path)
        except OSError as error:
            raise config_error(f"The configuration file {config_path} cannot be read: {error.strerror}.") from None
        except ValueError:
            raise config_error(f"The configuration file {config_path} does not hold a JSON object.") from None

    def spec(self, logger: logging.Logger) -> ConnectorSpecification:  # noqa: ARG002 - the CDK's signature
        """Tell what a user has to fill in."""
        return ConnectorSpecification(
            documentationUrl=DOCUMENTATION_URL, connectionSpecification=Config.specification()
        )

    def check_connection(self, logger: logging.Logger, config: Mapping[str, Any]) -> tuple[bool, Any]:  # noqa: ARG002 - the CDK's signature
        """Tell whether the key reads the account, else why not, in a sentence."""
        try:
            valid = Config.parse(config)
            Probe(valid.address, GenieKey(valid.api_token, valid.address), valid.alert_query).run()
        except OpsgenieError as error:
            return False, error.message
        return True, None

    def check(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        """Report the check; the stock one would put the sentence between quotes."""
        succeeded, message = self.check_connection(logger, config)
        return AirbyteConnectionStatus(status=Status.SUCCEEDED if succeeded else Status.FAILED, message=message)

    def streams(self, config: Mapping[str, Any]) -> list[Stream]:
        """Make the streams, new for each sync. No call is made yet."""
        return list(all_streams(Context.of(Config.parse(config))))

    def read(
        self,
        logger: logging.Logger,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage] | None = None,
    ) -> Iterator[AirbyteMessage]:
        """Read the streams of the catalog, one after another."""
        Config.parse(config)
        yield from super().read(logger, config, catalog, state)
