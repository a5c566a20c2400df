"""What can go wrong with a device, each in one sentence for people."""


class Trouble(Exception):
    """A device, or a piece of its footage, can't be had now; ``kind`` names the cause for programs."""

    kind = "trouble"


class LoginRefused(Trouble):
    """The device refused the login: nothing more is asked of it this night, because a few more would lock it."""

    kind = "login"


class Untrusted(Trouble):
    """Another key answers than the one that was pinned, or none was pinned: nothing secret was sent."""

    kind = "pin"


class Unreachable(Trouble):
    """It doesn't answer, or breaks off."""

    kind = "unreachable"


class Garbled(Trouble):
    """It answers what can't be understood."""

    kind = "garbled"


class WrongClock(Trouble):
    """Its clock isn't ours, so that its footage would be filed under wrong times."""

    kind = "clock"


class Undecodable(Trouble):
    """A piece that came and that no decoder reads."""

    kind = "undecodable"
