"""A law holds on a slow machine too: how long an example takes is measured in tests/bench, and never asserted here."""

from hypothesis import settings

settings.register_profile("laws", deadline=None)
settings.load_profile("laws")
