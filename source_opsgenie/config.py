"""The connector's configuration, from which the spec in Airbyte and its validation are made."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    field_validator,
)
from pydantic_core import PydanticKnownError

from source_opsgenie.http.body import quotable
from source_opsgenie.http.errors import config_error
from source_opsgenie.http.timestamps import MILLIS, to_millis
from source_opsgenie.jsm.site import Site
from source_opsgenie.opsgenie.endpoint import EU_HOST, US_HOST, Endpoint
from source_opsgenie.opsgenie.limits import FALLBACK_CALLS_PER_MINUTE

DEFAULT_LOOKBACK = "PT5M"
LONGEST_LOOKBACK = timedelta(days=365)
SHORTEST_KEY = 8  # characters; Opsgenie's have 36
LONGEST_QUERY = 1000  # "Alerts Search Query Help": characters

START_DATE_PATTERN = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z)?"

LONGEST_NAME = 50  # characters of an unknown field's name that a message repeats

_DURATION = TypeAdapter(timedelta)


def _organization(value: Any) -> Any:
    """Return the id in the address of an organization, which a user may copy whole."""
    found = re.search("/o/([^/?#]+)", value) if isinstance(value, str) else None
    return found[1] if found else value


def _encodable(value: Any) -> Any:
    """Refuse a text with lone surrogates, as JSON may write them, because no call can hold it."""
    if isinstance(value, str) and value != value.encode(errors="replace").decode():
        raise ValueError("it contains a character that cannot be sent: enter it again.")
    return value


def _parsed_by(parse: Callable[[str], Any]) -> BeforeValidator:
    """Make a field keep the parsed value instead of its text."""

    def parsed(value: Any) -> Any:
        if not isinstance(value, str):
            raise PydanticKnownError("string_type")
        return parse(_encodable(value.strip()))

    return BeforeValidator(parsed)


def _parse_start(text: str) -> datetime:
    millis = to_millis(text) if re.fullmatch(START_DATE_PATTERN, text) else None
    if millis is None:
        raise ValueError("it is not a date such as 2024-01-01 or 2024-01-01T00:00:00Z.")
    return datetime.fromtimestamp(0, timezone.utc) + timedelta(milliseconds=millis)


def _parse_lookback(text: str) -> timedelta:
    with suppress(ValidationError):
        duration = _DURATION.validate_python(text)
        if text.startswith("P") and timedelta(0) <= duration <= LONGEST_LOOKBACK:
            return duration
    raise ValueError("it is not an ISO 8601 duration of at most 365 days, such as PT5M, PT1H or P1D.")


IS_TEXT = WithJsonSchema({"type": "string"})

Text = Annotated[str, BeforeValidator(_encodable)]
Address = Annotated[InstanceOf[Endpoint], _parsed_by(Endpoint.parse), IS_TEXT]
StartDate = Annotated[datetime, _parsed_by(_parse_start), IS_TEXT]
SiteAddress = Annotated[InstanceOf[Site], _parsed_by(Site.parse), IS_TEXT]
Duration = Annotated[timedelta, _parsed_by(_parse_lookback), IS_TEXT]

# How both models take what a user fills in.
AS_A_FORM = ConfigDict(strict=True, frozen=True, str_strip_whitespace=True)


class JsmConfig(BaseModel):
    """The Atlassian site to which the account has moved."""

    model_config = AS_A_FORM

    site: SiteAddress = Field(
        title="JSM site",
        description=(
            "Address of the Atlassian site, such as acme.atlassian.net. Fill it in only when the account has moved to "
            "Jira Service Management (JSM) Operations; 'API key' is then an Atlassian API token."
        ),
        examples=["acme.atlassian.net"],
    )
    email: Text | None = Field(
        default=None,
        title="JSM e-mail address",
        description=(
            "E-mail address of the Atlassian account that the API token belongs to. Leave it empty only for the token "
            "of an OAuth app or a service account."
        ),
        examples=["me@acme.com"],
    )
    organization_id: Annotated[Text, BeforeValidator(_organization)] | None = Field(
        default=None,
        title="JSM organization ID",
        description=(
            "Needed in JSM Operations for the tables team_members and user_teams, and for the descriptions of teams. "
            "It is the part after /o/ in the address of admin.atlassian.com."
        ),
    )


class Config(BaseModel):
    """What a user fills in.

    The fields `api_token`, `endpoint` and `start_date` are those of Airbyte's own connector for Opsgenie.
    """

    model_config = ConfigDict(title="Opsgenie Source Spec", **AS_A_FORM)

    _warnings: tuple[str, ...] = ()

    api_token: Text = Field(
        title="API key",
        description=(
            "A key of the account, with the rights Read and Configuration Access. An owner or admin creates it in "
            "Opsgenie at Settings > API key management > Add new API key. A team's key (Teams > a team > Integrations "
            "> API) works, too, but reads only what the team owns."
        ),
        min_length=SHORTEST_KEY,
        json_schema_extra={"airbyte_secret": True},
    )
    endpoint: Address = Field(
        default=US_HOST,
        validate_default=True,
        title="API host",
        description=(
            f"API host of the account: {US_HOST} or, if the address of your Opsgenie contains app.eu.opsgenie.com (see "
            f"Settings > Account), {EU_HOST}. A key works only on the host of its own region."
        ),
        examples=[US_HOST, EU_HOST],
    )
    start_date: StartDate | None = Field(
        default=None,
        title="Start date",
        description=(
            "Alerts and incidents created before this day (UTC) are not read; schedule timelines and audit logs start "
            "on it. Leave it empty to copy all alerts and incidents, and the timelines of the last 12 months."
        ),
        examples=["2022-07-01T00:00:00Z", "2024-01-01"],
        # No `format`: with `date-time`, a validator may refuse a plain day or an empty text.
        json_schema_extra={"pattern": rf"^\s*({START_DATE_PATTERN})?\s*$"},
    )
    alert_query: Annotated[str | None, BeforeValidator(_encodable)] = Field(
        default=None,
        title="Alert query",
        description=(
            "An Opsgenie search query that selects alerts, and with them the rows of all alert_... streams. An alert "
            "that no longer matches keeps its last row, so select by something that does not change, such as teams. "
            "First try the query in the search field of Opsgenie's alert list. Leave it empty to copy all alerts."
        ),
        examples=["teams: payments"],
        max_length=LONGEST_QUERY,
    )
    lookback_window: Duration = Field(
        default=DEFAULT_LOOKBACK,
        validate_default=True,
        title="Lookback window",
        description=(
            "How far each sync overlaps with the previous one, because Opsgenie's search index lags behind. An ISO "
            "8601 duration of days, hours, minutes and seconds."
        ),
        examples=[DEFAULT_LOOKBACK, "PT1H", "P1D"],
    )
    rate_limit_share: int = Field(
        default=80,
        title="Share of the rate limits, in percent",
        description=(
            "Percentage of the account's rate limits that a sync may use; your other tools need the rest. It has no "
            f"effect on a team's key, which cannot read the limits ({FALLBACK_CALLS_PER_MINUTE} calls a minute for "
            "each domain), and is only approximate in JSM Operations, which does not publish them."
        ),
        ge=10,
        le=100,
    )
    num_workers: int = Field(
        default=10,
        title="Concurrent calls",
        description="Maximum number of concurrent calls in each rate-limit domain. The rate limits apply in any case.",
        ge=1,
        le=40,
    )

    jira_service_management: JsmConfig | None = Field(
        default=None,
        title="Jira Service Management",
        description=(
            "Fill this in once the account has moved to Jira Service Management (JSM) Operations. 'API key' is then an "
            "Atlassian API token: create it at id.atlassian.com > Security > API tokens, without scopes, or with "
            "read:ops-alert:jira-service-management, read:ops-config:jira-service-management and read:jira-user. It "
            "expires after a year at most. Its owner should be an admin of Operations, because others see only a part. "
            "'API host' is not used."
        ),
    )

    @field_validator("api_token")
    @classmethod
    def _one_word(cls, value: str) -> str:
        if not all("!" <= character <= "~" for character in value):
            raise ValueError(
                "it contains a space, a line break or another character that keys never have: copy the key again."
            )
        return value

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> Config:
        """Validate a configuration.

        Raises:
            ApiError: a configuration error, which names each wrong field.
        """
        # Fields with an underscore are Airbyte's own (`_limit`, `__injected...`), not the user's.
        given = {name: value for name, value in raw.items() if not name.startswith("_")}
        texts = {name for name, prop in cls.specification()["properties"].items() if "string" in prop["type"]}
        given = _filled_in(given, texts)
        unknown = [*_unknown(given, cls.model_fields)]
        jsm = given.get("jira_service_management")
        if isinstance(jsm, dict):
            unknown += _unknown(jsm, JsmConfig.model_fields)
            given["jira_service_management"] = _filled_in(jsm, jsm) or None
        try:
            config = cls.model_validate(given)
        except ValidationError as error:
            raise config_error(" ".join([_sentence(error), *unknown])) from None
        config._warnings = (*unknown, *_future(config.start_date))  # noqa: SLF001 - its own
        return config

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return sentences for the log about what is valid, but probably a mistake."""
        return self._warnings

    @classmethod
    @cache
    def specification(cls) -> dict[str, Any]:
        """Return the JSON schema from which Airbyte makes its form."""
        schema = cls.model_json_schema()
        schema["$schema"] = "http://json-schema.org/draft-07/schema#"
        schema["additionalProperties"] = True
        schema.pop("description", None)  # the docstring, which `python -OO` leaves out
        _inline(schema, schema.pop("$defs"))
        return schema

    @property
    def start_millis(self) -> int | None:
        """Return the start date in epoch milliseconds, 0 if it is before 1970; None for all of history."""
        return None if self.start_date is None else max(0, int(self.start_date.timestamp() * MILLIS))

    @property
    def lookback_millis(self) -> int:
        """Return the lookback window in milliseconds."""
        return int(self.lookback_window.total_seconds() * MILLIS)


def _filled_in(fields: Mapping[str, Any], texts: Container[str]) -> dict[str, Any]:
    """Return the fields that are filled in: Airbyte's form sends the others as null, or a text as an empty one."""
    return {
        name: value
        for name, value in fields.items()
        if value is not None and not (name in texts and isinstance(value, str) and not value.strip())
    }


def _unknown(names: Iterable[str], known: Collection[str]) -> Iterator[str]:
    """Yield a sentence for each unknown field, with the one that may be meant."""
    for name in names:
        if name in known:
            continue
        meant = get_close_matches(name.lower().replace("-", "_"), known)
        if name in JsmConfig.model_fields:
            hint = "it belongs in 'jira_service_management'."
        else:
            hint = f"did you mean '{meant[0]}'?" if meant else "it has no effect."
        yield f"The configuration has an unknown field '{quotable(name, LONGEST_NAME)}': {hint}"


def _future(start: datetime | None) -> Iterator[str]:
    if start is not None and start > datetime.now(timezone.utc):
        yield f"'start_date' ({start:%Y-%m-%d}) is in the future: until then there is no alert or incident to copy."


def _inline(schema: dict[str, Any], groups: Mapping[str, Any]) -> None:
    """Fit a schema to Airbyte's forms: number its fields, and replace references, unions, and lists of types.

    Lists of types work for texts only: with one, a form shows a number or an object as a text field. Of an object, a
    form shows the fields, but not the title, and asks for the object's required fields even if the object is optional.
    """
    for order, (name, prop) in enumerate(schema["properties"].items()):
        prop["order"] = order
        for choice in prop.pop("anyOf", []):
            if choice.get("type") != "null":
                prop.update({**choice, **prop})
        group = groups.get(str(prop.pop("$ref", "")).rpartition("/")[2])
        if group is not None:
            prop.update({**group, **prop, "additionalProperties": True})
            _inline(prop, groups)
            del prop["required"]
        if prop.get("default", ...) is None:
            del prop["default"]
        if name not in schema["required"] and prop["type"] == "string":
            prop["type"] = ["string", "null"]


def _sentence(error: ValidationError) -> str:
    """Say which field is wrong, and why, without repeating values: one of them may be the key."""
    problems = []
    for problem in error.errors(include_url=False, include_input=False, include_context=True):
        name = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "missing":
            problems.append(f"'{name}' is missing.")
        else:
            problems.append(f"'{name}' is not valid: {_reason(name, problem['type'], problem.get('ctx', {}))}")
    return "The configuration is not valid. " + " ".join(problems)


def _reason(name: str, kind: str, context: Mapping[str, Any]) -> str:
    """Say in a sentence why a value is not valid, by pydantic's type of error."""
    reasons = {
        "value_error": str(context.get("error")),
        "model_type": "it must be an object with several fields.",
        "string_type": "it must be a text in quotes.",
        "string_too_short": "it is too short for a key: copy the whole key.",
        "string_too_long": f"it must have at most {LONGEST_QUERY} characters.",
    }
    field = Config.specification()["properties"].get(name, {})  # all other errors are those of numbers
    number = f"it must be a whole number from {field.get('minimum')} to {field.get('maximum')}, without quotes."
    return reasons.get(kind) or number
