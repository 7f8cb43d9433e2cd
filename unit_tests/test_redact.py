"""The key comes out of no text, in no form, and nothing else is hidden; answers stay out of the log."""

from __future__ import annotations

import base64
import io
import json
import logging
import re
import string
from urllib.parse import quote, quote_plus

import pytest
from airbyte_cdk.sources.streams.http import rate_limiting
from hypothesis import given
from hypothesis import strategies as st

from source_opsgenie.config import SHORTEST_KEY
from source_opsgenie.http.redact import OUTPUT_MASK, PIECE, SECRETS, MaskedOutput, Secrets, without_answers
from source_opsgenie.source import SourceOpsgenie

KEY = "7d1c3a9e-0b52-4f6e-9a1d-2c8e4b7f6a10"
TOKEN = 'ATATT3xFfGF0>>?mV~"\\Zq_8kLw2+/Yd9=2F9C41D7'  # noqa: S105 - with all that any form writes in another way


def secrets(*values: str) -> Secrets:
    made = Secrets()
    made.keep(values)
    return made


def encoded(text: str) -> list[str]:
    return [base64.b64encode(text.encode()).decode(), base64.urlsafe_b64encode(text.encode()).decode()]


def in_lower_case(address: str) -> str:
    """Write the escapes of an address as some servers do."""
    return re.sub("%..", lambda code: code[0].lower(), address)


@pytest.mark.parametrize("key", [KEY, TOKEN])
def test_every_form_is_masked(key: str) -> None:
    kept = secrets("another-secret", f" {key}\n")
    for form in (
        key,
        quote(key),
        quote(key, safe=""),
        quote_plus(key),
        in_lower_case(quote(key, safe="")),
        quote(in_lower_case(quote(key, safe=""))),
        in_lower_case(quote(in_lower_case(quote(key)), safe="")),
        quote(quote(key)),
        json.dumps(key)[1:-1],
        json.dumps(json.dumps(key))[3:-3],
        json.dumps(key)[1:-1].replace("/", r"\/"),
    ):
        assert kept.mask(f"<{form}>") == f"<{OUTPUT_MASK}>"
        assert kept.mask(f"<{form[: PIECE + 3]}>") == f"<{OUTPUT_MASK}>"
        assert kept.mask(f"<{form[-PIECE - 3 :]}>") == f"<{OUTPUT_MASK}>"
    assert kept.mask("another-secret") == OUTPUT_MASK


@pytest.mark.parametrize("key", [KEY, TOKEN])
@pytest.mark.parametrize("around", ["{}", ":{}", "{}:", "GenieKey {}", "me@example.com:{}", "{}{}", "é{}ü"])
def test_base64_is_masked_wherever_the_key_stands_in_it(around: str, key: str) -> None:
    kept = secrets(key)
    for form in encoded(around.format(key, key)):
        for written in (form, quote(form, safe=""), json.dumps(json.dumps(form))):
            masked = kept.mask(written)
            assert masked.count(OUTPUT_MASK) == around.count("{}")
            assert len(masked.replace(OUTPUT_MASK, "")) <= len(written) - len(key) * around.count("{}")


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
KEYS = st.text(string.printable.strip(), min_size=8, max_size=60)


@given(key=KEYS, before=TEXT, after=TEXT)
def test_no_key_comes_out(key: str, before: str, after: str) -> None:
    masked = secrets(key).mask(before + key + after)
    assert key not in masked
    line = json.dumps({"a": before + key + after})
    assert key[: PIECE + 1] not in secrets(key).mask(line)


@given(text=TEXT, key=st.uuids().map(str), other=st.uuids().map(str))
def test_harmless_text_stays_as_it_is(text: str, key: str, other: str) -> None:
    harmless = f"{text} {other} {base64.b64encode(other.encode()).decode()} {key[: PIECE - 1]}..."
    assert secrets(key).mask(harmless) == harmless
    assert Secrets().mask(harmless + key) == harmless + key


@pytest.mark.parametrize("cut", range(PIECE, len(TOKEN)))
def test_a_masked_line_of_json_is_json(cut: int) -> None:
    begun, ended = TOKEN[:cut], TOKEN[-cut:]
    for text in (
        *(begun, begun + "\n", begun + '"', json.dumps(begun)),
        *(ended, "\n" + ended, '"' + ended, "\x01" + ended, "\\" + ended, "u" + ended, json.dumps(ended)),
        ended + " " + begun,
    ):
        assert OUTPUT_MASK in json.loads(secrets(TOKEN).mask(json.dumps({"a": text})))["a"]


@pytest.mark.parametrize("escaped", ["\n", "\t", "\x1b", '"', "\\", "\\\\"])
@pytest.mark.parametrize("character", 'nt1ab"\\u0')
def test_an_end_of_a_key_behind_an_escape_leaves_the_escape_whole(character: str, escaped: str) -> None:
    key = f"{'x' * PIECE}{character}{'y' * PIECE}"
    for end in (key[-PIECE:], key[-PIECE + 1 :] + "z", key[-PIECE - 1 :]):
        for line in (json.dumps({"a": escaped + end}), json.dumps({"a": json.dumps(escaped + end)})):
            masked = json.loads(secrets(key).mask(line))["a"]
            assert key[-PIECE:] not in masked


@pytest.mark.parametrize("first", ["n", "u0041", '"', "\\", "\\\\", "e9"])
@pytest.mark.parametrize("before", ["", "\n", "A", "\\", '"', "\\\n", "\u00e9"])
def test_a_key_whose_beginning_may_be_part_of_an_escape_leaves_the_escape_whole(before: str, first: str) -> None:
    key = f"{first}{'x' * PIECE}yz"
    for text in (before + key, before + key[1:], before + key[len(first) :], before + key + before + key):
        for line in (json.dumps({"a": text}), json.dumps({"a": json.dumps(text)})):
            masked = json.loads(secrets(key).mask(line))["a"]
            assert key[len(first) :] not in masked


def test_an_end_of_a_key_behind_an_escaped_backslash_is_masked_from_its_first_character() -> None:
    line = json.dumps({"a": "\\" + KEY[-PIECE - 3 :]})
    assert secrets(KEY).mask(line) == json.dumps({"a": "\\" + OUTPUT_MASK})


def test_what_stands_between_an_escape_and_an_end_of_a_key_is_kept() -> None:
    line = json.dumps({"a": "first\nsecond " + KEY[-PIECE - 3 :]})
    assert secrets(KEY).mask(line) == json.dumps({"a": f"first\nsecond {OUTPUT_MASK}"})


@given(key=KEYS, before=TEXT, cut=st.integers(min_value=0, max_value=60))
def test_no_end_of_a_key_comes_out(key: str, before: str, cut: int) -> None:
    end = key[cut:].rstrip('\\"')
    if len(end) > PIECE:
        masked = json.loads(secrets(key).mask(json.dumps({"a": before + end})))["a"]
        assert end not in masked


@pytest.mark.parametrize("value", [KEY, f" {KEY}\n", "n", " ", "", 12345678, None, [KEY]])
def test_the_key_of_a_configuration_is_masked_and_what_cannot_be_a_key_is_not(value: object) -> None:
    try:
        SourceOpsgenie().configure({"api_token": value, "endpoint": "no secret"}, "")
        hidden = OUTPUT_MASK if KEY in str(value) and isinstance(value, str) else KEY
        assert SECRETS.mask(f"no secret: {KEY} 12345678") == f"no secret: {hidden} 12345678"
    finally:
        SECRETS.keep([])


def test_the_shortest_key_that_a_configuration_may_have_is_masked() -> None:
    shortest = KEY[:SHORTEST_KEY]
    try:
        SourceOpsgenie().configure({"api_token": shortest}, "")
        assert shortest not in SECRETS.mask(f"The key {shortest} is refused.")
    finally:
        SECRETS.keep([])


def test_the_output_is_masked() -> None:
    written = io.BytesIO()
    output = MaskedOutput(written, encoding="utf-8")
    assert output.write("no secret is kept by any test\n") == 30
    output.flush()
    assert written.getvalue() == b"no secret is kept by any test\n"


def test_what_is_attached_to_a_line_is_dropped() -> None:
    logger = logging.getLogger("unit.redact")
    for _ in range(2):
        logger.addFilter(without_answers)
    record = logger.makeRecord("x", logging.DEBUG, "", 0, "sent", (), None, extra={"headers": {"a": "b"}, "url": "u"})
    assert logger.filter(record)
    assert not hasattr(record, "headers")
    assert hasattr(record, "url")
    assert len(logger.filters) == 1


def test_what_the_cdk_says_of_retries_is_dropped_because_it_quotes_answers() -> None:
    logger = logging.getLogger("unit.redact")
    record = logger.makeRecord("airbyte", logging.INFO, rate_limiting.__file__, 1, "retrying", (), None)
    assert not without_answers(record)
    record = logger.makeRecord("airbyte", logging.ERROR, rate_limiting.__file__, 1, "it failed", (), None)
    assert not without_answers(record)
    record = logger.makeRecord("airbyte", logging.ERROR, __file__, 1, "it failed", (), None)
    assert without_answers(record)
