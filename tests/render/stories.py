"""The factory's incidents, each made once for all tests that only read them: they are frozen."""

from __future__ import annotations

from functools import cache

from tests.render import incident_classic, incident_factory

classic = cache(incident_classic.classic)
ongoing = cache(incident_factory.ongoing)
quiet = cache(incident_factory.quiet)
hostile = cache(incident_factory.hostile)
fortnight = cache(incident_factory.fortnight)
forty_minutes = cache(incident_factory.forty_minutes)
many_entries = cache(incident_factory.many_entries)
many_series = cache(incident_factory.many_series)
