"""`examples/load.py` with a connector that is a fork, as it is for the archive: see `archive_program`."""

from __future__ import annotations

import signal
import sys

from archive import paths
from examples import load

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests may run under nohup
load.CONNECTOR = paths.CONNECTOR
sys.exit(load.main(*sys.argv[1:]))
