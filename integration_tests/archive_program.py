"""What processes of the archive have imported when they are forked: itself, and PyAirbyte's packages.

PyAirbyte's own modules read the environment when they are imported: a fork imports them anew. The archive starts the
connector by the program that the variable CONNECTOR names, which starts it as a fork, too.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from archive import paths
from archive.__main__ import prepare_environment

paths.CONNECTOR = Path(os.environ["CONNECTOR"])
with TemporaryDirectory() as folder:
    prepare_environment(Path(folder) / "work")
    for module in ("archive.steps", "airbyte"):
        importlib.import_module(module)
duckdb.close()  # the connection without a file, and its thread, which would not be there in a fork
for name in [name for name in sys.modules if name.split(".")[0] == "airbyte"]:
    del sys.modules[name]
