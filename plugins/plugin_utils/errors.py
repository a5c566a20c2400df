"""Errors."""


class MotcuaError(Exception):
    """Base."""


class ModelError(MotcuaError):
    """The inventory is wrong."""
