from __future__ import annotations

import json

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from source_opsgenie.api.body import UnusableBodyError, data_at, decode, rows_at


def response(content: bytes) -> requests.Response:
    made = requests.Response()
    made.status_code = 200
    made._content = content
    return made


def test_a_body_is_parsed_once() -> None:
    made = response(b'{"data": []}')
    assert decode(made) is decode(made)


@pytest.mark.parametrize("content", [b"", b"\n", b"<!DOCTYPE html>", b'{"data": [1, 2', b"[1]", b"null", b"3"])
def test_what_is_no_envelope_is_an_error(content: bytes) -> None:
    with pytest.raises(UnusableBodyError):
        decode(response(content))


def test_odd_text_is_read_all_the_same() -> None:
    assert decode(response(b'{"data": "\\ud800 \xff"}'))["data"] == "\ud800 \ufffd"
    assert decode(response(b'{"data": 123456789012345678901234567890}'))["data"] == 123456789012345678901234567890


def test_rows() -> None:
    assert rows_at({"data": {"logs": [1]}}, "data.logs") == [1]
    assert rows_at({"data": {"id": 1}}, "data") == [{"id": 1}]
    with pytest.raises(UnusableBodyError):
        rows_at({"data": None}, "data")
    with pytest.raises(UnusableBodyError):
        data_at({"data": []}, "data.logs")


@given(st.binary(max_size=60))
def test_any_bytes_are_an_envelope_or_an_error_of_ours(content: bytes) -> None:
    try:
        body = decode(response(content))
    except UnusableBodyError:
        return
    json.dumps(body)
