"""Routers: a platform says how its configuration is read, understood, compared and guarded; the engine does the rest once."""
