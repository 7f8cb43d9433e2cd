"""Settings for all unit tests."""

from __future__ import annotations

import os
import time

import pytest
from hypothesis import HealthCheck, settings

# The machine may be slow and shared: no test depends on how fast it is. The same examples each time, so that what
# fails is what was changed. HYPOTHESIS_PROFILE=long looks for others, and for more of them; `make quick` takes few.
settings.register_profile(
    "project", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True, database=None
)
settings.register_profile(
    "long", settings.get_profile("project"), derandomize=False, max_examples=2_000, print_blob=True
)
settings.register_profile("quick", settings.get_profile("project"), max_examples=10)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "project"))


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Collect what would be slept, and let the clock go on by it."""
    taken: list[float] = []
    monotonic = time.monotonic
    monkeypatch.setattr("time.sleep", taken.append)
    monkeypatch.setattr("time.monotonic", lambda: monotonic() + sum(taken))
    return taken
