"""Draws docs/report.png, the picture of the README: the top of the demo's report, in Chromium.

make demo
.venv/bin/python docs/picture.py
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # `integration_tests` is not installed

from integration_tests.browser import Screen, browser, look  # noqa: E402

REPORT = ROOT / "examples" / "demo" / "output" / "report.html"
PICTURE = ROOT / "docs" / "report.png"
SCREEN = Screen(1100, 1085, shows_all=False)


def main() -> int | str:
    """Draw it."""
    if not REPORT.exists():
        return f"{REPORT} is not there: run `make demo`."
    with tempfile.TemporaryDirectory() as profile, browser(Path(profile)) as address:
        PICTURE.write_bytes(look(REPORT, SCREEN, address, has_picture=True).picture)
    return 0


if __name__ == "__main__":
    sys.exit(main())
