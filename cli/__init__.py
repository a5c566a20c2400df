"""The commands behind ``scripts/motcua``."""
