"""Imports for the fork server of the archive: the archive itself, and the packages that PyAirbyte needs.

PyAirbyte's own modules are removed again, because they read the environment when they are imported: each fork imports
them itself. The variable CONNECTOR names the program that the archive starts as the connector, which is a fork, too.
"""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
from pathlib import Path

import duckdb

from archive import paths
from archive.__main__ import prepare_environment

paths.CONNECTOR = Path(os.environ["CONNECTOR"])
with tempfile.TemporaryDirectory() as folder:
    prepare_environment(Path(folder) / "work")
    for module in ("archive.steps", "integration_tests.made_once", "plotly.offline", "airbyte"):
        importlib.import_module(module)
tempfile.tempdir = None  # each fork looks for its own folder
duckdb.close()  # the default connection: its thread would not exist in a fork
for name in [name for name in sys.modules if name.split(".")[0] == "airbyte"]:
    del sys.modules[name]
