"""Names of an account's files stay inside their folder, and apart."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_opsgenie.streams.file_names import LONGEST_NAME, safe_name

ODD = [
    "",
    ".",
    "..",
    "...",
    "../x",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "C:x",
    "a\0b",
    "x" * 999 + ".png",
    "日" * 99,
    "\ud800",
]
ODD += ["\u202egnp.exe", ".hidden", "end. ", "x." + "y" * 500, "a\nb"]


@pytest.mark.parametrize("name", ["graph 0.png", "2025-11-10-07-52-17_123.json", "größe.txt", "a-b (1).tar.gz", "x"])
def test_an_ordinary_name_stays_as_it_is(name: str) -> None:
    assert safe_name(name) == name


@pytest.mark.parametrize("name", ODD)
def test_an_odd_name_becomes_one_part_of_a_path(name: str, tmp_path: Path) -> None:
    assert_safe(safe_name(name))
    (tmp_path / safe_name(name)).write_bytes(b"it can be written")


@given(st.text(st.characters()))
def test_any_name_becomes_one_part_of_a_path(name: str) -> None:
    assert_safe(safe_name(name))
    assert safe_name(safe_name(name)) == safe_name(name)


def assert_safe(name: str) -> None:
    assert PurePosixPath(name).parts == (name,)
    assert name not in {"", ".", ".."}
    assert name.isprintable()
    assert not set(name) & set('/\\:*?"<>|')
    assert len(name.encode()) <= LONGEST_NAME


@pytest.mark.parametrize(("one", "other"), [("a/b", "a_b"), ("a/b", "a\\b"), ("x" * 300, "x" * 301), ("..", "...")])
def test_names_that_differ_stay_apart(one: str, other: str) -> None:
    assert safe_name(one) != safe_name(other)


def test_the_ending_of_a_long_name_is_kept() -> None:
    assert safe_name("x" * 999 + ".png").endswith(".png")
