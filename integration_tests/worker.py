"""A process that shares the tests out with others, as a fork: `python -m integration_tests.worker -u -c CODE`.

The options are those with which pytest-xdist starts a Python; CODE is its own, and connects the process to the others.
Without forks, each of these processes would take two seconds of CPU to import the CDK.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    exec(sys.argv[-1])  # noqa: S102 - what `python -c` does
