"""Every way in which motcua can fail. Raised low with one sentence (what, where, what to do), shown as it is at the rim."""

from __future__ import annotations


class MotcuaError(Exception):
    """Base of all; the message is one sentence for people."""

    kind = "error"


class ModelError(MotcuaError):
    """What people wrote is wrong; nothing was sent."""

    kind = "model"


class Unreachable(MotcuaError):
    """The device doesn't answer, or breaks off."""

    kind = "unreachable"


class AuthRefused(MotcuaError):
    """The device refused a login; ``tries_left`` is what it says, None when it doesn't."""

    kind = "auth_refused"

    def __init__(self, message: str, tries_left: int | None = None) -> None:
        super().__init__(message)
        self.tries_left = tries_left


class Locked(AuthRefused):
    """The device accepts no login for ``locked_for_s`` seconds (None when it doesn't say how long)."""

    kind = "locked"

    def __init__(self, message: str, locked_for_s: int | None = None) -> None:
        super().__init__(message, tries_left=0)
        self.locked_for_s = locked_for_s


class RolledBack(MotcuaError):
    """A change of a router couldn't be proved, so the router is as it was before."""

    kind = "rolled_back"


class Postponed(MotcuaError):
    """The change may restart the router, which it may not do now; nothing was sent."""

    kind = "postponed"


class PinChanged(MotcuaError):
    """Another key answers than at the first contact; no credential was sent."""

    kind = "pin_changed"


class Unsupported(MotcuaError):
    """The device doesn't have what was asked for, or no way to it is known."""

    kind = "unsupported"


class Refused(MotcuaError):
    """The device understood a change and refuses it; the message has its words."""

    kind = "refused"


class Garbled(MotcuaError):
    """The device's answer can't be understood."""

    kind = "garbled"


class NotConverged(MotcuaError):
    """Changes were sent and the device still says something else."""

    kind = "not_converged"


class Surprised(MotcuaError):
    """A device is otherwise after its firmware than it had to be; nothing else is upgraded until people have looked."""

    kind = "surprised"
