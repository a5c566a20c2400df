"""A router's command line: the only room that opens SSH."""

from __future__ import annotations

from .login import Access
from .sessions import Answer, Session, open_session

__all__ = ["Access", "Answer", "Session", "open_session"]
