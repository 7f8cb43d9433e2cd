"""The commands of the documentation: what stands in fences of the language `sh`.

A word behind `sh` names what its commands need besides the connector and make; `integration_tests/places` has a place
for each of these words.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "archive" / "README.md",
    *sorted((ROOT / "examples").glob("*/README.md")),
]

FENCE = re.compile(r"^\s*```(.*)$")


@dataclass(frozen=True)
class Fence:
    """A block of code in a page. `needs` is the word behind its language; empty: nothing."""

    page: Path
    line: int
    language: str
    needs: str
    text: str

    @property
    def commands(self) -> list[str]:
        """The commands, without comments: a line each, or several where a quotation goes over them."""
        joined = self.text.replace("\\\n", " ")
        whole: list[str] = []
        for line in joined.splitlines():
            if whole and is_open(whole[-1]):
                whole[-1] += f"\n{line}"
            else:
                whole.append(line)
        stripped = (re.sub(r"(^|\s)#\s.*$", "", command).strip() for command in whole)
        return [command for command in stripped if command]


def is_open(command: str) -> bool:
    """Tell whether a command ends inside a quotation."""
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return True
    return False


def named(page: Path) -> str:
    """Name a page as its readers do."""
    return page.relative_to(ROOT).as_posix()


def fences() -> Iterator[Fence]:
    """Give all blocks of all pages, in their order."""
    for page in PAGES:
        opened: tuple[int, str] | None = None
        held: list[str] = []
        for number, line in enumerate(page.read_text().splitlines(), 1):
            fence = FENCE.match(line)
            if fence is None:
                held.append(line)
            elif opened is None:
                opened, held = (number, fence[1]), []
            else:
                language, _, needs = opened[1].strip().partition(" ")
                yield Fence(page, opened[0], language, needs.strip(), "\n".join(held))
                opened = None
        if opened is not None:
            raise ValueError(f"{page.name}: the block of line {opened[0]} has no end")


def spans(page: Path) -> list[str]:
    """Give what stands between backticks in the text of a page."""
    text = re.sub(r"(?ms)^\s*```.*?^\s*```$", "", page.read_text())
    return re.findall(r"`([^`\n]+)`", text)
