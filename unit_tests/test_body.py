from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from source_opsgenie.http.backend import LONGEST_MESSAGE
from source_opsgenie.http.body import (
    MOST_VALUES,
    Body,
    UnusableBodyError,
    decode,
    found_at,
    is_mended,
    object_in,
    quotable,
)
from source_opsgenie.http.transport import LARGEST_BODY
from source_opsgenie.opsgenie.backend import LONGEST_REQUEST_ID, OpsgenieBackend
from source_opsgenie.opsgenie.endpoint import US_HOST, Endpoint

OPSGENIE = OpsgenieBackend(Endpoint.parse(US_HOST), "a-key")


def response(content: bytes) -> requests.Response:
    made = requests.Response()
    made.status_code = 200
    made._content = content
    return made


def test_a_body_is_parsed_once() -> None:
    made = response(b'{"data": []}')
    assert decode(made) is decode(made)


@pytest.mark.parametrize("content", [b"", b"\n", b"<!DOCTYPE html>", b'{"data": [1, 2', b"null", b"3"])
def test_what_is_no_envelope_is_an_error(content: bytes) -> None:
    with pytest.raises(UnusableBodyError):
        decode(response(content))


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"", "an empty answer"), (b"\n <html>", "a web page instead of JSON"), (b'{"data": [1', "cut off or not JSON")],
)
def test_what_is_no_json_is_told_in_words(content: bytes, what: str) -> None:
    with pytest.raises(UnusableBodyError, match=what):
        decode(response(content))


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"123456789012345678901234567890", 123456789012345678901234567890),
        (b"[-9223372036854775809, 18446744073709551616]", [-(2**63) - 1, 2**64]),
        (b'"a\x01b\tc"', "a\x01b\tc"),
        (b'"\\\\u0000 \\\\\\\\u0000"', "\\u0000 \\\\u0000"),
        (b'"\\ud83d\\ude00 \xf0\x9f\x98\x80"', "\U0001f600 \U0001f600"),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b'[12345678901234567890123, {"a": 1, "a": 2}]', [12345678901234567890123, {"a": 2}]),
        (b"[" * 500 + b"]" * 500, None),
    ],
)
def test_what_is_json_is_read_as_it_is(content: bytes, value: object) -> None:
    made = response(b'{"data": ' + content + b"}")
    assert value is None or decode(made)["data"] == value
    assert not is_mended(made)


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b'"a\\ud83d"', "a\ufffd"),
        (b'{"\\udfff": "\\\\ud800"}', {"\ufffd": "\\ud800"}),
        (
            b'{"a": [{"\\ud83dx": ["\\ud83d\\ud83d\\ude00"]}, 1], "b": 2}',
            {"a": [{"\ufffdx": ["\ufffd\U0001f600"]}, 1], "b": 2},
        ),
        (b'"\xff"', "\ufffd"),
        (b"[NaN, Infinity, -Infinity, 1e400]", ["NaN", "Infinity", "-Infinity", "1e400"]),
        (b"9" * 5000, "9" * 5000),
        (b'[12345678901234567890, "\\ud83d"]', [12345678901234567890, "\ufffd"]),
        (b'"a\\u0000b"', "a\ufffdb"),
        (b'"\\u0000\\u0000"', "\ufffd\ufffd"),
        (b'"a\x00b\tc"', "a\ufffdb\tc"),
        (b'"\\n\\u0000 \\"\\u0000 \\\\\\u0000"', '\n\ufffd "\ufffd \\\ufffd'),
        (b'{"a\\u0000": {"\\u0000": "\\\\u0000"}}', {"a\ufffd": {"\ufffd": "\\u0000"}}),
        (b'[12345678901234567890, "\\u0000"]', [12345678901234567890, "\ufffd"]),
    ],
)
def test_what_no_destination_can_take_is_mended(content: bytes, value: object) -> None:
    made = response(b'{"data": ' + content + b"}")
    assert decode(made)["data"] == value
    assert is_mended(made)


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b'{"a\\u0000": 1, "a\\ufffd": 2, "b": 3}', {"a\ufffd": 1, "a\ufffd2": 2, "b": 3}),
        (b'{"\\ud800": 1, "\\ud801": 2, "\\u0000": 3}', {"\ufffd": 1, "\ufffd2": 2, "\ufffd3": 3}),
        (b'{"\xff": 1, "\xfe": 2}', {"\ufffd": 1, "\ufffd2": 2}),
        (b'{"\\ufffd2": 1, "\\ufffd": 2, "\\u0000": 3}', {"\ufffd2": 1, "\ufffd": 2, "\ufffd3": 3}),
    ],
)
def test_names_that_become_equal_are_told_apart(content: bytes, value: object) -> None:
    made = response(b'{"data": ' + content + b"}")
    assert decode(made)["data"] == value
    assert is_mended(made)


def test_a_byte_order_mark_is_no_part_of_the_answer() -> None:
    assert decode(response(b'\xef\xbb\xbf{"data": []}')) == {"data": []}


def test_an_answer_deeper_than_any_reader_goes_is_an_error() -> None:
    with pytest.raises(UnusableBodyError, match="nested"):
        decode(response(b'{"data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"))


@pytest.mark.parametrize(
    "value", [b"1", b"[]", b"{}", b'"a"', b'{"a":1}', b"[" * 9 + b"]" * 9, b'"\\\\",",\\"["', b"12345678901234567890"]
)
def test_an_answer_of_more_values_than_any_of_opsgenies_is_refused(value: bytes) -> None:
    with pytest.raises(UnusableBodyError, match="more than 300,000 values"):
        decode(response(b'{"data": [' + b",".join([value] * (MOST_VALUES + 1)) + b"]}"))


@pytest.mark.parametrize("text", [b",", b",\\\\", b"[{", b'\\",', b"\\\\,", b'\\\\\\"[', b"'{"])
def test_what_stands_in_a_text_is_no_value(text: bytes) -> None:
    rows = [b'{"id": "%d", "x": "%s"}' % (number, text * 10_000) for number in range(100)]
    assert len(decode(response(b'{"data": [' + b",".join(rows) + b"]}"))["data"]) == 100


def test_what_takes_more_to_write_than_to_read_is_bounded_as_it_is_written() -> None:
    for text in (b"\x01" * (LARGEST_BODY // 5), b"\xff" * (LARGEST_BODY // 2)):
        with pytest.raises(UnusableBodyError, match="more than 12 MB when it is written"):
            decode(response(b'{"data": ["' + text + b'"]}'))


def test_a_value_of_a_kind_is_found_at_a_path() -> None:
    assert found_at({"data": {"logs": [1]}}, "data.logs", list) == [1]
    assert found_at({"data": {"id": 1}}, "data", dict) == {"id": 1}


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": {"id": 1}}, {"data": "text"}, ["data"]])
def test_nothing_but_a_list_is_a_list(body: Body) -> None:
    with pytest.raises(UnusableBodyError, match="'data'"):
        found_at(body, "data", list)


def test_the_words_of_an_error_answer_are_short_and_printable() -> None:
    message_of = OPSGENIE.message_of
    assert (
        message_of(response(b'{"message": "No.", "errors": {"a": "b"}, "requestId": "r"}')) == '"No. a: b." (request r)'
    )
    assert message_of(response(b'{"errors": {"a": "b"}}')) == '"a: b."'
    assert message_of(response(b'{"message": "a\\nb\\u0000\\u202e\\u00e9"}')) == '"a\\nb\ufffd\\u202e\u00e9"'
    assert (
        message_of(response(b'{"code": 32, "error": "DeprecatedApiException[v1]"}')) == '"DeprecatedApiException[v1]"'
    )
    assert message_of(response(b'{"message": "No.", "error": "Gone"}')) == '"No."'
    assert message_of(response(b'{"error": {"message": "No."}}')) == ""
    for odd in (b"<html>", b"[]", b'["message"]', b'[{"message": "No."}]', b"7", b"null", b"{}", b'{"errors": [1]}'):
        assert message_of(response(odd)) == ""
        assert object_in(response(odd)).get("code") is None
    for content in (b"x", b"\\u0000", b"\\u001b", b"\\u202e"):
        told = message_of(response(b'{"message": "%s", "requestId": "%s"}' % (content * 1000, content * 1000)))
        assert len(told) <= LONGEST_MESSAGE + LONGEST_REQUEST_ID + len('"..." (request ...)')
        assert told.isprintable()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("see https://host/f?X-Amz-Signature=s1gned.", "see https://host/f?***"),
        ('"https://host/f?a&sig=s1gned" and "/g?sig=s1gned"', '"https://host/f?***" and "/g?***"'),
        ("http://me:s1gned@host/f#token=s1gned", "http://***@host/f#***"),
        ("ftp://s1gned@host", "ftp://***@host"),
        ("recipients#type: Why? me@example.net is no=", "recipients#type: Why? me@example.net is no="),
    ],
)
def test_what_a_server_says_is_told_without_what_is_secret_in_an_address(told: str, shown: str) -> None:
    assert quotable(told, 100) == shown
    assert quotable(f"{told} {'//?#' * 2**20}", len(shown)) == f"{shown}..."


TEXT = st.text(alphabet=st.characters(exclude_categories=[]), max_size=8)
NUMBERS = st.integers() | st.floats(allow_nan=True, allow_infinity=True) | st.integers(-(2**70), 2**70)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def texts(value: Any) -> Iterator[str]:
    """Yield all texts inside a value, the names of entries among them."""
    if isinstance(value, dict):
        yield from value
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from texts(inner)


@given(body=st.dictionaries(st.sampled_from(["data", "paging", "took"]), JSON), ascii_only=st.booleans())
def test_any_json_comes_out_printable_and_where_it_can_unchanged(body: dict[str, Any], ascii_only: bool) -> None:
    written = json.dumps(body, ensure_ascii=ascii_only)
    made = response(written.encode("utf-8", errors="surrogatepass"))
    decoded = decode(made)
    line = json.dumps(decoded, allow_nan=False)
    line.encode("utf-8")
    assert not re.search("[\0\ud800-\udfff]", "".join(texts(decoded)))
    assert len(list(texts(decoded))) >= len(list(texts(body))), "an entry is lost"
    orjson.loads(line)
    if not is_mended(made):
        assert decoded == body


@given(st.binary(max_size=60))
def test_any_bytes_are_an_envelope_or_an_error_of_ours(content: bytes) -> None:
    try:
        body = decode(response(content))
    except UnusableBodyError:
        return
    json.dumps(body)
