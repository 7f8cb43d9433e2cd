"""A program of the archive with a brief report, of all teams and all of time: `python -m integration_tests.brief ...`.

Drawing every team in every period is most of a run on a small account. `test_report.py` has all of them.
"""

from __future__ import annotations

import runpy
import sys

from archive.report import page


def main() -> None:
    """Run the module that the command line names."""
    vars(page).update(MAX_TEAMS=0, PERIODS=())
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
