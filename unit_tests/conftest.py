"""Settings for all unit tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# The machine may be slow and shared: no test depends on how fast it is.
settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")
