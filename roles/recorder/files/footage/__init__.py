"""Footage at the storage centre: pieces on disk, the index over them, what is held, what may go, what leaves as evidence.

Runs on the machine itself: standard library and Debian packages only.
"""
