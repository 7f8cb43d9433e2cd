"""Settings for all unit tests."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterator
from functools import partial

import pytest
from hypothesis import HealthCheck, settings

from source_opsgenie.http.adaptive_limiter import AdaptiveLimiter
from source_opsgenie.jsm import context

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


def pytest_collection_finish() -> None:
    """Search less often for garbage: looking through all that was imported takes a sixth of the tests' time."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


class HurriedClock:
    """A clock that goes on by what would be slept."""

    def __init__(self) -> None:
        self._monotonic = time.monotonic
        self._slept = 0.0

    def __call__(self) -> float:
        """Tell the time."""
        return self._monotonic() + self._slept

    def sleep(self, seconds: float) -> None:
        """Sleep, in no time."""
        self._slept += seconds


@pytest.fixture(scope="module")
def hurried_site() -> Iterator[None]:
    """Let no time pass while the connector waits for the rate limits of a migrated account."""
    clock = HurriedClock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.sleep", clock.sleep)
        patch.setattr("time.monotonic", clock)
        patch.setattr(context, "wait_unless_stopped", lambda _, seconds: clock.sleep(seconds))
        patch.setattr(context, "AdaptiveLimiter", partial(AdaptiveLimiter, clock=clock))
        yield


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Collect what would be slept, and let the clock go on by it."""
    taken: list[float] = []
    monotonic = time.monotonic
    monkeypatch.setattr("time.sleep", taken.append)
    monkeypatch.setattr("time.monotonic", lambda: monotonic() + sum(taken))
    return taken
