"""Devices as the wire shows them, written from recorded and documented behaviour and never from motcua's own tables."""
