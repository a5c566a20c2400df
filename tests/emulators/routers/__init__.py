"""Emulated routers: real SSH in front of boxes that are written from what vendors publish, never from our own code."""
