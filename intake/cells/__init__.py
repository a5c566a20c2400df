"""Cells and what they may hold: how values are written for people, and read back from whatever became of them."""
