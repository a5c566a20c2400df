"""What a vendor's table consists of."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..settings import Items, PasswordRule, Setting

# Letters and digits only: special characters are refused by some firmware and misread by some recorders' own clients.
LETTERS_AND_DIGITS = (string.ascii_lowercase, string.ascii_uppercase, string.digits)


@dataclass(frozen=True)
class Vendor:
    """A vendor: its rows, its lists, the dialect that it speaks, what it accepts as a password, and its factory account.

    ``brands`` are other names that the same devices are sold under. ``stream_path`` is a stream's on RTSP with ``{channel}`` from 1 and
    ``{stream}``, for which ``streams`` has the vendor's word; None where only the device can say it. ``recorder_port`` is where the
    vendor's own recorders reach its cameras, None where by ONVIF. ``firmware`` are the versions that the table is for; ``operations`` are
    the things that can be done with a device besides setting it, each with its evidence. ``footage`` is the way by which a device that
    records is asked for what it kept; None where there is none.
    """

    name: str
    dialect: str
    settings: tuple[Setting, ...]
    items: tuple[Items, ...]
    password_rule: PasswordRule
    firmware: str
    brands: tuple[str, ...] = ()
    stream_path: str | None = None
    streams: Mapping[str, str] = field(default_factory=lambda: {"main": ""})
    recorder_port: int | None = None
    factory_user: str = "admin"
    operations: Mapping[str, str] = field(default_factory=dict)
    footage: str | None = None

    def account(self, name: str) -> str:
        """An account's name as the vendor's devices take it."""
        return next((items.names.write(name) for items in self.items if items.key == "users"), name)

    def names_of(self, account: str) -> set[str]:
        """An account's name as people write it here, given either that or the device's own spelling."""
        return {account, *(items.names.read(account) for items in self.items if items.key == "users")}

    def path(self, channel: int, stream: str) -> str | None:
        """A stream's path on RTSP."""
        return None if self.stream_path is None else self.stream_path.format(channel=channel, stream=self.streams[stream])

    def rows(self, role: str) -> dict[str, Setting]:
        """The settings that a device of this role has, by key."""
        return {setting.key: setting for setting in self.settings if role in setting.roles}

    def lists(self, role: str) -> dict[str, Items]:
        """The lists that a device of this role has, by key."""
        return {items.key: items for items in self.items if role in items.roles}


def password_rule(length: int) -> PasswordRule:
    """Letters and digits of all three kinds."""
    return PasswordRule(length, "".join(LETTERS_AND_DIGITS), LETTERS_AND_DIGITS)


ROUTER_PASSWORDS = password_rule(20)  # letters and digits alone: every command line takes them without quotes
