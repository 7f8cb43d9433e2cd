"""NOTICE names the licence of every package that the image installs."""

from __future__ import annotations

import re
from pathlib import Path

from unit_tests.test_docs import load

ROOT = Path(__file__).parents[1]
NOTICE = load("docs/notice.py")


def test_it_is_current() -> None:
    assert (ROOT / "NOTICE").read_text() == NOTICE.page(), "run `make docs`"


def test_every_locked_package_has_a_line_with_a_licence() -> None:
    lines = dict(re.findall(r"^([\w.-]+)  .*  ([^ ].*)$", (ROOT / "NOTICE").read_text(), re.MULTILINE))
    assert set(lines) == set(NOTICE.locked())
    assert all(re.fullmatch(r"[A-Za-z0-9.() -]+", licence) for licence in lines.values()), lines


def test_what_is_under_the_gpl_is_named_with_what_brings_it() -> None:
    text = " ".join((ROOT / "NOTICE").read_text().split())
    assert re.findall(r"asks for attention: (\w+) [\d.]+ is under (GPL[\w.-]+)\. It comes with ([\w-]+);", text) == [
        ("unidecode", "GPL-2.0-or-later", "airbyte-cdk")
    ]


def test_the_image_holds_it() -> None:
    assert re.search(r"^COPY .*\bNOTICE\b", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert "!NOTICE" in (ROOT / ".dockerignore").read_text().splitlines()
